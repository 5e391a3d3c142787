# frozen_string_literal: true

require_relative "answers"
require_relative "closure"

module FastAgency
  # One conversation from the client's side, as a pure state machine.
  #
  # It does no I/O: text that arrived goes in, messages and frames to send come out. {Conversation} is the shell
  # that puts it on a socket.
  #
  # Call {#start} once and send what it returns; then give every text frame to {#receive_text}, every binary one to
  # {#receive_binary}, and the end of the connection to {#disconnected}. Each method that returns a frame leaves the
  # sending to the caller.
  class ConversationProtocol
    REFUSALS = [CloseCode::NOT_UTF8, CloseCode::FRAME_TOO_BIG].freeze
    OUR_CLOSES = {
      1007 => "a text frame from the server is not UTF-8",
      1009 => "a message from the server is larger than max_message_size",
      1011 => "the server did not answer a ping in time"
    }.freeze
    private_constant :REFUSALS, :OUR_CLOSES

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

    # @return [TextInput, MultipleChoice, nil] the oldest question that is not answered yet
    def question
      @questions.first
    end

    # @return [String, nil] what the workflow returned; nil before its end, and when it returned nothing
    def result
      @completed&.content&.result
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
    # @return [String] the frame that answers the open question
    # @raise [NotAsked] when nothing is asked, and when the question does not allow the value (it stays open then)
    # @raise [ConversationError] the conversation's own error when that has ended
    def answer(value)
      raise @ending if @ending
      raise NotAsked, "the workflow is over" if @completed
      raise NotAsked, "the conversation was left" if @closed || @left
      raise NotAsked, "nothing is asked" if @questions.empty?

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
      @ending ||= ending_of(closure) unless @completed || @left
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

      ending_of(closure)
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

    def ending_of(closure)
      code = closure.code
      reason = closure.reason
      if closure.by_client?
        why = OUR_CLOSES.fetch(code) { "the server broke the WebSocket protocol (#{reason})" }
        return lost("this client closed with #{code}: #{why}", closure)
      end
      return lost("the connection broke before the workflow was over", closure) if code == Closure::NO_CLOSE_FRAME

      said = text_of(@last_error)
      why = [CloseCode::MEANINGS[code] || "a code that this version does not know", reason, said]
      why = why.reject { |part| part.to_s.empty? }.join("; ")
      return lost("the server closed with #{code} before the workflow was over: #{why}", closure) unless refusal?(code)

      ConversationRefused.new("the server closed with #{code}: #{why}", code, reason, said)
    end

    def lost(message, closure)
      ConversationLost.new(message, closure.code, closure.reason)
    end

    def refusal?(code)
      # 42xx says that the conversation goes on elsewhere, so it is no refusal (spec FA-CLS).
      REFUSALS.include?(code) || (code.between?(4000, 4999) && !code.between?(4200, 4299))
    end

    def text_of(error)
      return if error.nil?

      parts = [error.content.short, error.content.long].compact.reject(&:empty?).map { |part| part.chomp(".") }
      parts.join(": ") unless parts.empty?
    end
  end
end
