# frozen_string_literal: true

module FastAgency
  # One conversation: {#each_message} yields its messages, {#answer} replies, {#close} leaves, {#cancel} ends it.
  #
  # On a server that speaks `fastagency.v1` it comes back by itself when its connection ends, closing early leaves the
  # workflow running, and {#cursor} brings it back. A thread of its own holds the connection until the conversation ends
  # or is closed. On any other server the connection's end is the conversation's (spec FA-NEG-3, FA-CLA-6).
  class Conversation
    # @param shell [Classic, Session] what holds it
    # @param options [Options]
    # @api private
    def initialize(shell, options)
      @shell = shell
      @options = options
    end

    # Shows which conversation it is and where it stands, and nothing that is secret.
    # @return [String]
    def inspect
      "#<#{self.class} #{workflow_uuid} #{state} #{connection}>"
    end

    # @!group Where it stands

    # @return [String] the conversation's id, as the server named it
    def workflow_uuid
      @shell.ask(:workflow_uuid)
    end

    # @return [Symbol] where it stands after the last message that was read: see {SessionProtocol#state} and
    #   {ConversationProtocol#state}
    def state
      @shell.ask(:state)
    end

    # @return [TextInput, MultipleChoice, nil] the question that {#answer} replies to
    def question
      @shell.ask(:question)
    end

    # @return [String, nil] what the workflow returned; nil before its end, and when it returned nothing
    def result
      @shell.ask(:result)
    end

    # @return [String, nil] how the workflow ended: one of {Outcome}; nil before its end, and in classic, which does not
    #   say
    def outcome
      @shell.ask(:outcome)
    end

    # @return [ErrorMessage, nil] the last `error` message that was read
    def last_error
      @shell.ask(:last_error)
    end

    # @return [Cursor, nil] where this conversation stands, to be stored and given to {Client#resume}: after the last
    #   message that was read. nil before the first session, and in classic.
    def cursor
      @shell.ask(:cursor)
    end

    # The state of the connection, to be shown (spec FA-LIF-3).
    # @return [Symbol] `:connecting` (no session yet), `:live`, `:reconnecting` (there was a session, and the client is
    #   getting it back), `:lost` (given up; the conversation did not end) or `:ended`
    def connection
      @shell.ask(:connection)
    end

    # Be told of the connection's state: now, and at each change. The block is called on whatever thread notes the
    # change, one call after the other; what it raises is raised to who reads.
    #
    # @yieldparam state [Symbol] as in {#connection}
    # @return [self]
    # @raise [ArgumentError] without a block
    def on_connection(&observer)
      raise ArgumentError, "on_connection takes a block" if observer.nil?

      @shell.on_connection(observer)
      self
    end

    # @param question [TextInput, MultipleChoice]
    # @return [Boolean] whether it still takes an answer: nobody's was accepted, and none of this client is under way
    def open?(question)
      @shell.ask(:open?, question)
    end

    # @param accepted [AnswerAccepted]
    # @return [Boolean] whether somebody else's answer was taken, in another tab for example (spec FA-RES-6)
    def answered_elsewhere?(accepted)
      @shell.ask(:answered_elsewhere?, accepted)
    end

    # @!endgroup

    # Yield every message that comes from now on, until the end. After `break`, or an error that leaves the
    # conversation open, it may be called again and goes on where it stopped.
    #
    # @yieldparam message [Value] one of the messages, or {Unknown}
    # @return [self, Enumerator] an Enumerator without a block
    # @raise [MalformedMessage] for a frame that is not what it should be; it may be called again after it
    # @raise [ConversationRefused] when the server closed with a code that says what was wrong
    # @raise [ConversationLost] when the connection ended before the workflow, and could not be got back
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
      @shell.next_message(timeout)
    end

    # Answer a question.
    #
    # In `fastagency.v1` the answer is taken exactly once, also when the connection drops meanwhile (spec FA-ANS). It is
    # kept in memory until the server has accepted or rejected it. In classic an answer is sent once; nothing confirms
    # that it arrived but what follows.
    #
    # @param value [String, Array<String>] a text, a choice, or several choices
    # @param question [TextInput, MultipleChoice, nil] nil: the oldest open one, the only one that classic can answer
    # @return [String, nil] the answer's id, which `answer_accepted` and `answer_rejected` repeat; nil in classic
    # @raise [NotAsked] when nothing is asked, and when the question is closed or does not allow the value (then it
    #   stays open)
    # @raise [ConversationRefused, ConversationLost] when the conversation has ended
    def answer(value, question = nil)
      @shell.answer(value, question)
    end

    # Cancel the conversation. In `fastagency.v1` its messages end with a `workflow_completed` of the outcome
    # `cancelled` (spec FA-CAN-1), which may have to wait for the connection. In classic it closes the socket, which has
    # the same effect on the workflow (spec FA-CLA-6).
    #
    # @param reason [String, nil] for the server's log
    # @return [nil]
    def cancel(reason = nil)
      @shell.cancel(reason)
      nil
    end

    # Close the connection. The second time, and after the end, it does nothing.
    #
    # In `fastagency.v1` the workflow goes on (spec FA-CAN-3), and {#cursor} brings the conversation back. Answers and a
    # cancel that are not sent yet are sent before where there is a connection, and dropped where there is none. In
    # classic closing ends a workflow that still runs.
    #
    # @return [nil]
    def close
      @shell.close
      nil
    end
    alias leave close
  end
end
