# frozen_string_literal: true

module FastAgency
  # How often, and after how long, discovery is tried again when the server cannot be reached or is full. Nothing
  # else is ever repeated: nothing that announces or starts a workflow (spec FA-NEG-3).
  class Retry
    OVERLOADED = 503
    private_constant :OVERLOADED

    # @return [Integer] every try, the first one too: 1 never repeats
    attr_reader :attempts
    # @return [Float] the wait before try n + 1 is drawn between nothing and `first_delay * 2**(n - 1)` seconds, so
    #   that many clients do not come back at once
    attr_reader :first_delay
    # @return [Float] bounds each wait, in seconds; a server that asks for more is not waited for
    attr_reader :longest_delay

    # @raise [ArgumentError] for less than one attempt, and for negative delays
    def initialize(attempts: 4, first_delay: 0.25, longest_delay: 5.0)
      if attempts < 1 || first_delay.negative? || longest_delay.negative?
        raise ArgumentError, "attempts must be at least 1, and delays cannot be negative"
      end

      @attempts = attempts
      @first_delay = first_delay
      @longest_delay = longest_delay
      freeze
    end

    # @param tried [Integer] how many tries there were
    # @param error [Error] what the last one failed with
    # @param random [#rand]
    # @return [Float, nil] the seconds to wait before the next try, nil to give up
    def delay(tried, error, random: Random)
      return if tried >= attempts
      return backoff(tried, random) if error.is_a?(ServerUnreachable)
      return unless error.is_a?(RequestRefused) && error.status == OVERLOADED
      return backoff(tried, random) if error.retry_after.nil?

      error.retry_after if error.retry_after <= longest_delay
    end

    private

    def backoff(tried, random)
      # The exponent is bounded, so that no number of tries makes a float overflow.
      random.rand * [longest_delay, first_delay * (2.0**[tried - 1, 60].min)].min
    end
  end
end
