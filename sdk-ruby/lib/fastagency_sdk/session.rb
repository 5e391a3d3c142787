# frozen_string_literal: true

require_relative "bell"
require_relative "connection_watch"
require_relative "session_link"
require_relative "session_protocol"

module FastAgency
  # A conversation of `fastagency.v1` with its users: the shell around a {SessionProtocol}.
  #
  # One thread holds the connections ({SessionLink}), so that the conversation lives on while its user thinks. It ends
  # with the conversation, and with {#close}. Users' threads only take messages from the inbox, and ring for what they
  # want sent.
  class Session
    # How many messages are kept for a user who does not read; beyond it nothing is read from the socket.
    READ_AHEAD = 256
    private_constant :READ_AHEAD

    # @param origin [InitiatedWorkflow, Cursor] what is started or resumed
    # @param connection [Connection] the first one, opened
    # @param options [Options]
    def initialize(origin, connection, options)
      @options = options
      @protocol = SessionProtocol.new(origin, options.reconnect, Deadline.now)
      # Guards the protocol and all that follows.
      @lock = Mutex.new
      @arrived = ConditionVariable.new
      @inbox = []
      @finished = false
      @failure = nil
      @watch = ConnectionWatch.new
      @bell = Bell.new
      @thread = Thread.new(connection) { |first| work(first) }
    end

    # @return [String]
    def inspect
      "#<#{self.class} #{ask(:inspect)}>"
    end

    # Ask the protocol something.
    #
    # @param name [Symbol] a method of {SessionProtocol}
    # @param arguments [Array] what it takes
    def ask(name, *arguments)
      @lock.synchronize { @protocol.public_send(name, *arguments) }
    end

    # (see Conversation#on_connection)
    def on_connection(observer)
      @lock.synchronize { @watch.observe(observer, @protocol.connection) }
      @watch.tell
    end

    # (see Conversation#next_message)
    def next_message(timeout)
      deadline = Deadline.new(timeout)
      item = change do
        until @inbox.any? || @finished || @protocol.left?
          raise TimedOut, "no message came within #{timeout} s" if deadline.passed?

          @arrived.wait(@lock, deadline.remaining)
        end
        take_out
      end
      raise item if item.is_a?(Exception)

      item
    end

    # (see Conversation#answer)
    def answer(value, question)
      id = @lock.synchronize do
        raise @failure if @failure

        @protocol.answer(value, question)
      end
      @bell.ring
      id
    end

    # (see Conversation#cancel)
    def cancel(reason)
      ask(:cancel, reason)
      @bell.ring
    end

    # Leave the conversation: it goes on without this client (spec FA-CAN-3). What can be sent is sent before. Returns
    # when the thread has ended.
    def close
      change do |protocol|
        protocol.leave
        @inbox.clear
        @arrived.broadcast
      end
      @bell.stop
      # An observer may close from the very thread.
      @thread.join unless @thread == Thread.current
    end

    # @!group What the thread needs

    # Change the protocol, and tell what became of the connection.
    #
    # @yieldparam protocol [SessionProtocol] nobody else has it meanwhile
    # @return [Object] what the block returns
    def change
      found = @lock.synchronize do
        yield(@protocol).tap { @watch.note(@protocol.connection) }
      end
      @watch.tell
      found
    end

    # Put into the inbox what the user is given.
    #
    # @param items [Array<Value, MalformedMessage>]
    def put_in(items)
      return if items.empty?

      @lock.synchronize do
        @inbox.concat(items) unless @protocol.left?
        @arrived.broadcast
      end
    end

    # @return [Boolean] whether the user has to read before there is room for more
    def full?
      @lock.synchronize { @inbox.size >= READ_AHEAD }
    end

    # @!endgroup

    private

    def take_out
      item = @inbox.shift || @protocol.ending
      @protocol.delivered(item) if item
      @bell.ring if @inbox.size == READ_AHEAD - 1 # there is room again
      item.is_a?(ConversationError) ? @failure || item : item
    end

    # What the thread does.
    def work(connection)
      Thread.current.name = "fastagency #{@protocol.workflow_uuid}"
      put_in(SessionLink.new(self, @options, @bell).hold_all(connection).items)
    rescue StandardError => e # of the user's own headers, `should_retry` or observer: theirs to see
      @lock.synchronize do
        @failure = e
        @protocol.give_up(ConversationLost.new(e.message, Closure::NO_CLOSE_FRAME))
      end
    ensure
      @bell.close
      @lock.synchronize do
        @finished = true
        @arrived.broadcast
      end
    end
  end
end
