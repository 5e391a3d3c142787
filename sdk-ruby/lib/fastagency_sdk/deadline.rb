# frozen_string_literal: true

module FastAgency
  # A moment on the monotonic clock until which something may take, or never.
  class Deadline
    # @return [Float] seconds since some moment, never set back
    def self.now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    # @return [Bell, nil] what wakes those who wait for it
    attr_reader :bell

    # @param seconds [Numeric, nil] from now; nil: never
    # @param bell [Bell, nil] when that is told to stop the moment has come, too
    def initialize(seconds, bell = nil)
      @at = seconds && (Deadline.now + seconds)
      @bell = bell
    end

    # @return [Float, nil] seconds, at least 0; nil: for ever
    def remaining
      return 0.0 if @bell&.stopped?

      @at && [@at - Deadline.now, 0.0].max
    end

    # @return [Boolean]
    def passed?
      remaining&.zero? == true
    end
  end
end
