# frozen_string_literal: true

module FastAgency
  # How far a client has read in the log of a conversation of `fastagency.v1`, and what the user was given of that: a
  # pure state machine (spec FA-RES).
  #
  # During a replay everything is held back until `replay_completed`, so that it is known of each question whether it
  # is still open when the user sees it. What a replay that broke off had brought stays held: the next one goes on
  # behind it.
  class SessionLog
    # @param item [Value, MalformedMessage]
    # @return [Integer, nil] the number that it has in the log, nil when it has none
    def self.seq_of(item)
      found = case item
              when Unknown then item.raw["seq"]
              when MalformedMessage then seq_in(item.text)
              else item.seq if item.respond_to?(:seq)
              end
      found if found.is_a?(Integer)
    end

    def self.seq_in(text)
      json = StrictJSON.parse(text)
      json["seq"] if json.is_a?(Hash)
    rescue StrictJSON::ParseError
      nil # what is no JSON has no number
    end
    private_class_method :seq_in

    # @return [String] the epoch of the log that is read; empty when none is known
    attr_reader :epoch
    # @return [Integer] the last logged message that was received
    attr_reader :seq
    # @return [Array(String, Integer)] the epoch and the last logged message that the user was given
    attr_reader :delivered_position

    # @param cursor [Cursor, nil] nil: from the beginning
    def initialize(cursor)
      @epoch = cursor ? cursor.epoch : ""
      @seq = cursor ? cursor.after_seq : 0
      @delivered_position = [@epoch, @seq]
      # Whether there is something that a reset takes back.
      @shown = !cursor.nil?
      @replaying = false
      @held = []
      @final_state = nil # in which the session of this connection began
      @end_before = nil
    end

    # @return [Boolean] whether a replay is under way
    def replaying?
      @replaying
    end

    # Begin as a server says.
    #
    # @param ready [SessionReady]
    def ready(ready)
      @epoch = ready.epoch
      @final_state = Lifecycle::FINAL_STATES.find { |state| state.name == ready.state }
      @replaying = ready.mode != SessionMode::FRESH
      return if ready.mode == SessionMode::REPLAY

      @seq = ready.mode == SessionMode::FRESH ? 0 : ready.oldest_seq - 1
      taken_back = @shown && ready.mode == SessionMode::RESET
      # The user drops what was shown when this is delivered, and not before: until then the cursor is of the old log.
      @held = taken_back ? [ready] : []
      @delivered_position = [@epoch, @seq] unless taken_back
    end

    # Note that the connection ended.
    #
    # @param closure [Closure] how
    def disconnected(closure)
      finished = closure.code == CloseCode::FINISHED && !closure.by_client?
      @end_before = @final_state if finished && !@replaying
      @replaying = false
      @final_state = nil
    end

    # @return [Boolean] whether nothing follows in the log, because the conversation was over before
    def over?
      !@end_before.nil?
    end

    # @return [Symbol, nil] the final state of a conversation that was over, and read, before: its last message does not
    #   come again (spec FA-RES-9). Nil for any other, and while the user is still to be given a reset.
    def end_before
      @end_before if @delivered_position == [@epoch, @seq]
    end

    # Where something that arrived belongs (spec FA-RES-5).
    #
    # @param item [Value, MalformedMessage]
    # @return [:unlogged, :known, :gap, :next] `:next`: it counts as received from here on
    def place(item)
      seq = SessionLog.seq_of(item)
      return :unlogged if seq.nil?
      return :known if seq <= @seq
      return gap if seq > @seq + 1

      @seq = seq
      :next
    end

    # @param item [Value, MalformedMessage]
    # @return [Array<Value, MalformedMessage>] what the user is given now, in order
    def give(item)
      @held << item
      @replaying ? [] : release
    end

    # @return [Array<Value, MalformedMessage>] all that was held back
    def release
      @replaying = false
      released = @held
      @held = []
      @shown ||= released.any?
      released
    end

    # Note that the user was given something.
    #
    # @param item [Value, Error]
    def delivered(item)
      if item.is_a?(SessionReady)
        @delivered_position = [item.epoch, item.oldest_seq - 1]
      elsif (seq = SessionLog.seq_of(item))
        epoch, before = @delivered_position
        @delivered_position = [epoch, [seq, before].max]
      end
    end

    private

    # The close says nothing any more: perhaps what explains it is what is missing.
    def gap
      @final_state = nil
      :gap
    end
  end
end
