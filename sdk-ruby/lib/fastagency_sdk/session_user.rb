# frozen_string_literal: true

module FastAgency
  # What the user of a conversation was given of its end: what has arrived counts only when it was read.
  class SessionUser
    # @return [ErrorMessage, nil] the last `error` message
    attr_reader :last_error
    # @return [WorkflowCompleted, nil] the last message of the conversation
    attr_reader :completed
    # @return [ConversationError, nil] what ended it otherwise
    attr_reader :ending

    # @return [String, nil] what the workflow returned
    def result
      @completed&.content&.result
    end

    # @return [String, nil] how it ended: one of {Outcome}
    def outcome
      @completed&.content&.outcome
    end

    # @param item [Value, Error]
    def delivered(item)
      case item
      when WorkflowCompleted then @completed = item
      when ErrorMessage then @last_error = item
      when ConversationError then @ending = item
      end
    end

    # @return [Symbol, nil] the final state; nil before the end
    def final_state
      return (outcome || Outcome::COMPLETED).to_sym if @completed
      return if @ending.nil?

      @ending.is_a?(ConversationRefused) ? :failed : :cancelled
    end
  end
end
