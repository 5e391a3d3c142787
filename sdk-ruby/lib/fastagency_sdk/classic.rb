# frozen_string_literal: true

require_relative "connection"
require_relative "connection_watch"
require_relative "conversation_protocol"

module FastAgency
  # A conversation of the classic dialect on its one connection: the shell around a {ConversationProtocol}. It has no
  # thread: bytes are read while somebody waits for a message.
  class Classic
    # @param initiated [InitiatedWorkflow]
    # @param connection [Connection] opened
    # @param options [Options]
    def initialize(initiated, connection, options)
      @protocol = ConversationProtocol.new(initiated)
      @connection = connection
      @options = options
      @watch = ConnectionWatch.new
      # A server that closed already is no error here: reading tells why it did.
      @connection.send_text(@protocol.start)
    end

    # @return [String]
    def inspect
      "#<#{self.class} #{@protocol.workflow_uuid} #{@protocol.state}>"
    end

    # Ask the protocol something.
    #
    # @param name [Symbol] a method of {ConversationProtocol}
    # @param arguments [Array] what it takes
    def ask(name, *arguments)
      @protocol.public_send(name, *arguments)
    end

    # (see Conversation#on_connection)
    def on_connection(observer)
      @watch.observe(observer, @protocol.connection)
      @watch.tell
    end

    # (see Conversation#next_message)
    def next_message(timeout)
      completed = @protocol.state == :completed
      case @connection.receive(completed ? @options.close_timeout : timeout)
      in [:text, text] then note { @protocol.receive_text(text) }
      in [:binary, data] then raise @protocol.receive_binary(data)
      in [:closed, closure]
        ending = note { @protocol.disconnected(closure) }
        raise ending if ending
      end
    rescue TimedOut
      raise unless completed

      # The workflow is over and the server does not close.
      close
    end

    # (see Conversation#answer)
    def answer(value, question)
      closure = @connection.send_text(@protocol.answer(value, question))
      raise @protocol.unsent(closure) if closure
    end

    # Closing the socket is all that there is to cancel by (spec FA-CLA-6).
    def cancel(_reason)
      close
    end

    # (see Conversation#close)
    def close
      note { @protocol.leave }
      @connection.close(@options.close_timeout)
    end

    private

    # Change the protocol, and tell what became of the connection.
    def note
      yield.tap do
        @watch.note(@protocol.connection)
        @watch.tell
      end
    end
  end
end
