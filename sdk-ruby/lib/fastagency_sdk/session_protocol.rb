# frozen_string_literal: true

require "forwardable"
require_relative "endings"
require_relative "session_answers"
require_relative "session_clock"
require_relative "session_identity"
require_relative "session_log"
require_relative "session_user"

module FastAgency
  # One conversation of `fastagency.v1` from the client's side, as a pure state machine over all its connections.
  #
  # It does no I/O and has no clock: {Session} is the shell that opens sockets. For each one, send {#first_frame}, give
  # every frame to {#receive_text} or {#receive_binary}, and send what {#outgoing} returns; when the socket has ended,
  # {#disconnected} says what is next. Tell {#delivered} what the user was given. Times are in seconds of any one clock
  # that never goes back.
  class SessionProtocol
    # What a client offers where it was advertised (spec FA-NEG-2).
    SUBPROTOCOL = "fastagency.v1"

    # What follows the end of a connection: another one after `delay` seconds, or (nil) nothing. `items` are what a
    # replay that broke off had brought: no connection will bring its rest, so the user is given them before the end.
    Next = Struct.new(:delay, :items)

    extend Forwardable

    # @return [ConversationError, nil] why no connection is tried any more; nil while one may be, and after a normal end
    attr_reader :ending

    # @return [String] the conversation's id
    # @!attribute [r] workflow_uuid
    def_delegators :@identity, :workflow_uuid

    # @return [TextInput, MultipleChoice, nil] the oldest question that was delivered, is open, and has no answer under
    #   way
    # @!attribute [r] question
    # @!method open?(question)
    #   @param question [TextInput, MultipleChoice]
    #   @return [Boolean] whether it still takes an answer: nobody's was accepted, and none of this client is under way
    # @!method answered_elsewhere?(accepted)
    #   @param accepted [AnswerAccepted]
    #   @return [Boolean] whether the answer of another socket was taken, another tab's for example (spec FA-RES-6)
    def_delegators :@answers, :question, :open?, :answered_elsewhere?

    # @return [ErrorMessage, nil] the last `error` message that the user was given
    # @!attribute [r] last_error
    # @return [String, nil] what the workflow returned; nil before its end, and when it returned nothing
    # @!attribute [r] result
    def_delegators :@user, :last_error, :result

    # @return [Float] when the connection is dead if nothing is heard until then (spec FA-LIV-1)
    # @!attribute [r] deadline
    # @!method heard(now)
    #   Note that something arrived, or that the shell reads on after a pause of its own: silence counts from here.
    #   @param now [Float]
    def_delegators :@clock, :deadline, :heard

    # @param origin [InitiatedWorkflow, Cursor] what is started or resumed
    # @param reconnect [Reconnect]
    # @param now [Float]
    def initialize(origin, reconnect, now)
      @identity = SessionIdentity.new(origin)
      @log = SessionLog.new(origin.is_a?(Cursor) ? origin : nil)
      @clock = SessionClock.new(reconnect, now)
      @answers = SessionAnswers.new
      @user = SessionUser.new
      @live = @gap = @left = @completed = @over = @cancel_sent = false
      @cancel = @received_error = @ending = nil
    end

    # Shows neither the token nor any answer.
    # @return [String]
    def inspect
      "#<#{self.class} #{workflow_uuid} #{state} #{connection}>"
    end

    # @!group What a user asks

    # @return [Symbol] `:connecting`, `:live`, `:reconnecting`, `:lost` or `:ended` (spec FA-LIF-3)
    def connection
      return :lost if @ending
      return :ended if @left || @user.completed || @log.end_before
      return :live if @live || @over

      @identity.resumable? ? :reconnecting : :connecting
    end

    # Where the conversation stands (spec FA-LIF), after the last message that the user was given.
    # @return [Symbol] one of {Lifecycle::STATES}
    def state
      return @user.final_state if @user.final_state
      return @log.end_before if @log.end_before
      return :cancelled if @left
      return :created unless @identity.resumable?

      question ? :awaiting_answer : :running
    end

    # @return [String, nil] how the workflow ended: one of {Outcome}; nil before its end
    def outcome
      @user.outcome || @log.end_before&.name
    end

    # @return [Cursor, nil] after the last message that was delivered; nil before the first session
    def cursor
      @identity.cursor(*@log.delivered_position)
    end

    # @!endgroup

    # @!group What a user does

    # Answer a question; {#outgoing} has the frame. The answer is kept until the server accepts or rejects it (spec
    # FA-ANS-1).
    #
    # @param value [String, Array<String>] a text, a choice, or several choices
    # @param question [TextInput, MultipleChoice, nil] nil: {#question}
    # @return [String] the answer's id
    # @raise [NotAsked] when nothing is asked, and when the question is closed or does not allow the value
    # @raise [ConversationError] the conversation's own error when it was given up
    def answer(value, question = nil)
      raise @ending if @ending
      raise NotAsked, "the conversation is over" if @user.completed || @log.end_before || @left

      @answers.answer(value, question)
    end

    # Cancel the conversation, now or as soon as there is a session again (spec FA-CAN-1).
    #
    # @param reason [String, nil] for the server's log
    def cancel(reason = nil)
      @cancel ||= FastAgency.encode(CancelWorkflow.new(reason: reason))
    end

    # Note that this side leaves for good; the conversation goes on (spec FA-CAN-3). What {#outgoing} still has may be
    # sent before the connection is closed.
    def leave
      @left = true
    end

    # Note that the user was given something: the cursor moves on.
    #
    # @param item [Value, MalformedMessage, ConversationError]
    def delivered(item)
      @answers.delivered(item) if QUESTIONS.include?(item.class)
      [@log, @user].each { |part| part.delivered(item) }
    end

    # @!endgroup

    # @!group What a connection does

    # @param now [Float]
    # @return [String] the first frame of a new socket
    def first_frame(now)
      heard(now)
      @gap = false
      FastAgency.encode(@identity.first_frame(@log.epoch, @log.seq))
    end

    # @return [Array<String>] the frames that are to be sent now: answers that the server does not know yet, then a
    #   cancel
    def outgoing
      return [] unless @live && !@completed

      frames = @answers.unsent
      frames << @cancel if @cancel && !@cancel_sent
      @cancel_sent = !@cancel.nil?
      frames
    end

    # @return [Boolean] whether the log has a gap: the socket is to be closed, and the conversation resumed (spec
    #   FA-RES-5)
    def broken?
      @gap
    end

    # @return [Boolean] whether `workflow_completed` came: the server closes next
    def completed?
      @completed
    end

    # @return [Boolean] whether the user has left
    def left?
      @left
    end

    # @param text [String] a text frame
    # @param now [Float]
    # @return [Array<Value, MalformedMessage>] what the user is given, in order. A frame that is not what its type says
    #   comes as MalformedMessage; its place in the log counts as read.
    def receive_text(text, now)
      heard(now)
      return [] if @gap

      case message = FastAgency.decode(text)
      when SessionReady then ready(message, now)
      when ReplayCompleted then begin_live(now)
      when KeepAlive then []
      else take(message)
      end
    rescue MalformedMessage => e
      take(e)
    end

    # @param data [String] a binary frame, which the protocol does not have from servers (spec FA-FRM-1)
    # @param now [Float]
    # @return [Array<MalformedMessage>]
    def receive_binary(data, now)
      heard(now)
      @log.give(MalformedMessage.new("a binary frame: the protocol has text frames only", data))
    end

    # Note that the connection ended, or could not be opened (spec FA-CLS).
    #
    # @param closure [Closure]
    # @param now [Float]
    # @return [Next]
    def disconnected(closure, now)
      @clock.held(now) if @live || @log.replaying?
      @live = @cancel_sent = false
      @log.disconnected(closure)
      @answers.disconnected
      return over if @completed || @log.over? || @left

      closure = Closure.new if @gap
      delay = @clock.delay(closure, now)
      return Next.new(delay, []) if delay

      give_up(Endings.of(closure, @received_error))
    end

    # Note that no connection will be tried any more.
    #
    # @param error [ConversationError] why
    # @return [Next]
    def give_up(error)
      @ending = error unless @left
      over
    end

    # @!endgroup

    private

    def over
      @over = true
      @answers.close
      Next.new(nil, @log.release)
    end

    def ready(message, now)
      [@identity, @clock, @log].each { |part| part.ready(message) }
      @answers.reset if message.mode == SessionMode::RESET
      return [] if @log.replaying?

      begin_live(now)
    end

    def begin_live(now)
      @live = true
      @clock.progress
      @clock.held(now)
      @log.release
    end

    def take(item)
      case @log.place(item)
      when :gap
        @gap = true
        return []
      when :known
        # Said again to this client alone: its answer was taken (spec FA-ANS-4).
        @answers.settled(item) if item.is_a?(AnswerAccepted)
        return []
      when :next then @clock.progress
      end
      note(item)
      @log.give(item)
    end

    def note(item)
      case item
      when *QUESTIONS then @answers.asked(item)
      when AnswerAccepted then @answers.accepted(item)
      when AnswerRejected then @answers.rejected(item)
      when ErrorMessage then @received_error = item
      when WorkflowCompleted
        @completed = true
        @answers.close
      end
    end
  end
end
