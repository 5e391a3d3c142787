# frozen_string_literal: true

require_relative "answers"
require_relative "endings"

module FastAgency
  # One conversation of the classic dialect from the client's side, as a pure state machine.
  #
  # It does no I/O: text that arrived goes in, messages and frames to send come out. {Classic} is the shell that puts
  # it on a socket.
  #
  # Call {#start} once and send what it returns; then give every text frame to {#receive_text}, every binary one to
  # {#receive_binary}, and the end of the connection to {#disconnected}. Each method that returns a frame leaves the
  # sending to the caller.
  class ConversationProtocol
    # @return [ErrorMessage, nil] the last `error` message that came
    attr_reader :last_error

    # @param initiated [InitiatedWorkflow] what the server answered to `initiate_workflow`
    def initialize(initiated)
      @initiated = initiated
      @started = false
      @left = false
      @closed = false
      @ending = nil
      @questions = []
      @completed = nil
      @last_error = nil
    end

    # @return [String] the conversation's id, as the server named it
    def workflow_uuid
      @initiated.workflow_uuid
    end

    # Where the conversation stands (spec FA-LIF), as far as a client can tell: `:completed` says that
    # `workflow_completed` came, not that the workflow succeeded; `:failed` that the server refused the
    # conversation; `:cancelled` that the connection ended first, by either side.
    # @return [Symbol] one of {Lifecycle::STATES}
    def state
      return :completed if @completed
      return :failed if @ending.is_a?(ConversationRefused)
      return :cancelled if @closed || @left
      return :created unless @started

      @questions.empty? ? :running : :awaiting_answer
    end

    # The state of the connection (spec FA-LIF-3). In classic a drop is a loss (spec FA-NEG-3).
    # @return [Symbol] `:connecting`, `:live`, `:lost` or `:ended`
    def connection
      return :ended if @completed || @left
      return @ending ? :lost : :ended if @closed

      @started ? :live : :connecting
    end

    # @param question [TextInput, MultipleChoice]
    # @return [Boolean] whether it still takes an answer
    def open?(question)
      @questions.any? { |asked| asked.equal?(question) }
    end

    # @return [TextInput, MultipleChoice, nil] the oldest question that is not answered yet
    def question
      @questions.first
    end

    # @return [String, nil] what the workflow returned; nil before its end, and when it returned nothing
    def result
      @completed&.content&.result
    end

    # How the workflow ended: classic does not say.
    # @return [nil]
    def outcome; end

    # Where the conversation could be resumed: in classic nowhere.
    # @return [nil]
    def cursor; end

    # @param _accepted [AnswerAccepted]
    # @return [Boolean] false: in classic there is one socket
    def answered_elsewhere?(_accepted)
      false
    end

    # @return [String] the first frame: what `initiate_workflow` answered, but for what only fastagency.v1 has
    #   (spec FA-CLA-8)
    # @raise [RuntimeError] the second time
    def start
      raise "a conversation starts once" if @started

      @started = true
      FastAgency.encode(InitiateWorkflow.new(**@initiated.to_h.slice(:user_id, :workflow_uuid, :name, :params)))
    end

    # @param text [String] a text frame
    # @return [Value] its message
    # @raise [MalformedMessage] for a frame that is not what its type says; the conversation stands as before it
    def receive_text(text)
      message = FastAgency.decode(text)
      # After the end nothing is legal any more (spec FA-LIF), so it changes nothing either.
      note(message) unless Lifecycle::FINAL_STATES.include?(state)
      message
    end

    # @param data [String] a binary frame
    # @return [MalformedMessage] the error that it is: the protocol has none from servers
    def receive_binary(data)
      MalformedMessage.new("a binary frame: the protocol has text frames only", data)
    end

    # @param value [String, Array<String>] the text, a choice, or several choices
    # @param question [TextInput, MultipleChoice, nil] the oldest open one: no other can be answered in classic
    # @return [String] the frame that answers it
    # @raise [NotAsked] when nothing is asked, and when the question does not allow the value (it stays open then)
    # @raise [ConversationError] the conversation's own error when that has ended
    def answer(value, question = nil)
      raise @ending if @ending
      raise NotAsked, "the workflow is over" if @completed
      raise NotAsked, "the conversation was left" if @closed || @left
      raise NotAsked, "nothing is asked" if @questions.empty?
      raise NotAsked, "it is not the oldest question" unless question.nil? || question.equal?(@questions.first)

      frame = Answers.frame_for(@questions.first, value)
      @questions.shift
      frame
    end

    # Note that this side closes the connection: what ends afterwards is not lost.
    def leave
      @left = true
      @questions.clear
    end

    # Note that the connection ended.
    #
    # After `workflow_completed` every end is normal: FastAgency's own server sends no close frame, so that clients
    # see 1006 there (spec FA-CLA-1 mends it). Before it, a code that says what was wrong gives
    # {ConversationRefused}, every other end {ConversationLost} (spec FA-CLS).
    #
    # @param closure [Closure]
    # @return [ConversationError, nil] nil for a normal end
    def disconnected(closure)
      @closed = true
      @questions.clear
      @ending ||= Endings.of(closure, @last_error) unless @completed || @left
      @ending
    end

    # What it means that a frame could not be sent because the connection had closed. It changes nothing: messages
    # may have come before the close, and they are still to be read.
    #
    # @param closure [Closure]
    # @return [Error]
    def unsent(closure)
      if closure.code == CloseCode::FINISHED && !closure.by_client?
        return NotAsked.new("the server ended the conversation before the answer came; read on to see how")
      end

      Endings.of(closure, @last_error)
    end

    private

    def note(message)
      case message
      when *QUESTIONS then @questions << message
      when WorkflowCompleted
        @completed = message
        @questions.clear
      when ErrorMessage then @last_error = message
      end
    end
  end
end
