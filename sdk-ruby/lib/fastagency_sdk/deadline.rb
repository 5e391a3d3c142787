# frozen_string_literal: true

module FastAgency
  # A moment on the monotonic clock until which something may take, or never.
  class Deadline
    # @return [Float] seconds since some moment, never set back
    def self.now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    # @param seconds [Numeric, nil] from now; nil: never
    def initialize(seconds)
      @at = seconds && (Deadline.now + seconds)
    end

    # @return [Float, nil] seconds, at least 0; nil: for ever
    def remaining
      @at && [@at - Deadline.now, 0.0].max
    end

    # @return [Boolean]
    def passed?
      !@at.nil? && Deadline.now >= @at
    end
  end
end
