# frozen_string_literal: true

module FastAgency
  # One REST operation: how it is called, and what the server answers.
  class Operation
    # @return [String]
    attr_reader :method
    # @return [String] unless the server is configured with another
    attr_reader :path

    # @param method [String]
    # @param path [String]
    # @param responses [Hash{Integer => Object}] the type of the body, by status
    def initialize(method:, path:, responses:)
      @method = method
      @path = path
      @responses = responses.freeze
      freeze
    end

    # @param status [Integer]
    # @return [Object, nil] the type of the body that comes with it, nil when the spec has none
    def body_of(status)
      @responses[status]
    end
  end
end
