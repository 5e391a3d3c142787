# frozen_string_literal: true

require_relative "cursor"

module FastAgency
  # Which conversation a client of `fastagency.v1` holds, and what opens it: first frames, and cursors.
  class SessionIdentity
    # @return [String] the conversation's id
    attr_reader :workflow_uuid

    # @param origin [InitiatedWorkflow, Cursor] what is started or resumed
    def initialize(origin)
      @initiated = origin unless origin.is_a?(Cursor)
      @workflow_uuid = origin.workflow_uuid
      @token = origin.resume_token
      @resumable = @initiated.nil?
    end

    # Shows no token.
    # @return [String]
    def inspect
      "#<#{self.class} #{workflow_uuid}>"
    end

    # @return [Boolean] whether there was a session, here or before the cursor was stored
    def resumable?
      @resumable
    end

    # @param message [SessionReady]
    def ready(message)
      @token = message.resume_token
      @resumable = true
    end

    # The first frame of a new socket. Before the first session it is always the same one, so that a workflow is never
    # run twice (spec FA-RES-7).
    #
    # @param epoch [String] of the log that was read
    # @param seq [Integer] the last message of it
    # @return [StartWorkflow, ResumeWorkflow]
    def first_frame(epoch, seq)
      return StartWorkflow.new(**@initiated.to_h.slice(:workflow_uuid, :name, :params, :resume_token)) unless resumable?

      ResumeWorkflow.new(workflow_uuid: workflow_uuid, resume_token: @token, epoch: epoch, after_seq: seq)
    end

    # @param epoch [String] of the log that the user was given
    # @param seq [Integer] the last message of it
    # @return [Cursor, nil] nil before the first session
    def cursor(epoch, seq)
      return unless resumable?

      Cursor.new(workflow_uuid: workflow_uuid, resume_token: @token, epoch: epoch, after_seq: seq)
    end
  end
end
