# frozen_string_literal: true

require_relative "connection"
require_relative "conversation_protocol"

module FastAgency
  # One conversation: {#each_message} yields its messages, {#answer} replies, {#close} leaves.
  #
  # Reading ends after `workflow_completed` and the close. Closing early ends the workflow (spec FA-CLA-6).
  class Conversation
    # @return [String] the conversation's id, as the server named it
    # @!attribute [r] workflow_uuid
    # @return [Symbol] where it stands: see {ConversationProtocol#state}
    # @!attribute [r] state
    # @return [TextInput, MultipleChoice, nil] the question that {#answer} replies to
    # @!attribute [r] question
    # @return [String, nil] what the workflow returned; nil before its end, and when it returned nothing
    # @!attribute [r] result
    # @return [ErrorMessage, nil] the last `error` message that came
    # @!attribute [r] last_error

    extend Forwardable

    def_delegators :@protocol, :workflow_uuid, :state, :question, :result, :last_error

    # @param protocol [ConversationProtocol]
    # @param connection [Connection] opened
    # @param options [Options]
    # @api private
    def initialize(protocol, connection, options)
      @protocol = protocol
      @connection = connection
      @options = options
      # A server that closed already is no error here: reading tells why it did.
      @connection.send_text(@protocol.start)
    end

    # Yield every message that comes from now on, until the end. After `break`, or an error that leaves the
    # conversation open, it may be called again and goes on where it stopped.
    #
    # @yieldparam message [Value] one of the messages, or {Unknown}
    # @return [self, Enumerator] an Enumerator without a block
    # @raise [MalformedMessage] for a frame that is not what it should be; it may be called again after it
    # @raise [ConversationRefused] when the server closed with a code that says what was wrong
    # @raise [ConversationLost] when the connection ended before the workflow
    # @raise [TimedOut] when no message came within the client's `message_timeout`
    def each_message
      return to_enum(:each_message) unless block_given?

      while (message = next_message)
        yield message
      end
      self
    end

    # Wait for the next message.
    #
    # @param timeout [Numeric, nil] seconds; nil: for ever
    # @return [Value, nil] nil at the end
    # @raise [TimedOut] when none came in time: it is not lost, and the conversation goes on
    # @raise [MalformedMessage, ConversationRefused, ConversationLost] as for {#each_message}
    def next_message(timeout: @options.message_timeout)
      completed = state == :completed
      case @connection.receive(completed ? @options.close_timeout : timeout)
      in [:text, text] then @protocol.receive_text(text)
      in [:binary, data] then raise @protocol.receive_binary(data)
      in [:closed, closure]
        ending = @protocol.disconnected(closure)
        raise ending if ending
      end
    rescue TimedOut
      raise unless completed

      # The workflow is over and the server does not close.
      close
    end

    # Answer the open question. An answer is sent once; nothing confirms that it arrived but what follows.
    #
    # @param value [String, Array<String>] a text, a choice, or several choices
    # @return [void]
    # @raise [NotAsked] when nothing is asked, and when the question does not allow the value (it stays open then)
    # @raise [ConversationRefused, ConversationLost] when the conversation has ended
    def answer(value)
      closure = @connection.send_text(@protocol.answer(value))
      raise @protocol.unsent(closure) if closure
    end

    # Close the connection. Before the end that ends the workflow; afterwards, and the second time, it does nothing.
    #
    # @return [nil]
    def close
      @protocol.leave
      @connection.close(@options.close_timeout)
      nil
    end
    alias leave close
  end
end
