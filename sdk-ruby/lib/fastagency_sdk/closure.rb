# frozen_string_literal: true

module FastAgency
  # How a connection ended.
  class Closure
    # What RFC 6455 calls a connection that ended without a close frame (7.1.5).
    NO_CLOSE_FRAME = 1006

    # @return [Integer] the code of the close frame
    attr_reader :code
    # @return [String] its reason
    attr_reader :reason

    # @param code [Integer]
    # @param reason [String]
    # @param by_client [Boolean] whether this side closed first, because it could not go on
    def initialize(code: NO_CLOSE_FRAME, reason: "", by_client: false)
      @code = code
      @reason = reason
      @by_client = by_client
      freeze
    end

    # @return [Boolean]
    def by_client?
      @by_client
    end
  end
end
