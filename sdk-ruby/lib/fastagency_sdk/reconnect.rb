# frozen_string_literal: true

require_relative "closure"

module FastAgency
  # How a conversation of `fastagency.v1` comes back after its connection ended: a pure computation (spec FA-LIV-2,
  # FA-CLS).
  #
  # Nothing is tried any more once the conversation must be gone: the server's `detached_seconds` after the last
  # session, or `patience` seconds where there was none yet.
  class Reconnect
    BACK_OFF = [CloseCode::GOING_AWAY, Closure::NO_CLOSE_FRAME, CloseCode::SERVER_FAULT, CloseCode::RESTARTING].freeze
    private_constant :BACK_OFF

    # @return [Float] the wait before attempt n is drawn between nothing and `first_delay * 2**(n - 1)` seconds, where
    #   n counts the attempts since the last progress
    attr_reader :first_delay
    # @return [Float] bounds each wait, in seconds
    attr_reader :longest_delay
    # @return [Float] how long to try while there was no session yet, in seconds
    attr_reader :patience

    # @param first_delay [Numeric]
    # @param longest_delay [Numeric]
    # @param patience [Numeric]
    # @param should_retry [#call, nil] takes the close code (1006 for a connection that broke, or could not be opened),
    #   its reason and the number of the attempt from 1; true tries again, false gives up, nil does as the code says
    # @raise [ArgumentError] for negative times
    def initialize(first_delay: 0.5, longest_delay: 30.0, patience: 30.0, should_retry: nil)
      if [first_delay, longest_delay, patience].any?(&:negative?)
        raise ArgumentError, "delays and patience cannot be negative"
      end

      @first_delay = first_delay
      @longest_delay = longest_delay
      @patience = patience
      @should_retry = should_retry
      freeze
    end

    # @param closure [Closure] how the last connection ended
    # @param attempt [Integer] which one would be next, from 1
    # @param random [#rand]
    # @return [Numeric, nil] the seconds to wait before it, nil to give up
    def delay(closure, attempt, random: Random)
      wanted = @should_retry&.call(closure.code, closure.reason, attempt)
      wanted = comes_back?(closure) if wanted.nil?
      return unless wanted
      return 0.0 if attempt == 1 && closure.code.between?(4200, 4299) # at once: the server asked for it

      # The exponent is bounded, so that no number of attempts makes a float overflow.
      random.rand * [longest_delay, first_delay * (2.0**[attempt - 1, 60].min)].min
    end

    private

    def comes_back?(closure)
      BACK_OFF.include?(closure.code) || (!closure.by_client? && closure.code.between?(4100, 4299))
    end
  end
end
