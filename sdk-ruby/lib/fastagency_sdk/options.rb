# frozen_string_literal: true

require_relative "endpoints"
require_relative "reconnect"
require_relative "retry"

module FastAgency
  # What a client can be told: see {Client#initialize}.
  class Options
    # Bytes.
    MAX_MESSAGE_SIZE = 16 * 1024 * 1024

    # What RFC 9110, 5.6.2 calls a token, and 5.5 a field value without its obsolete forms.
    HEADER_NAME = /\A[!#$%&'*+\-.^_`|~0-9A-Za-z]+\z/
    HEADER_VALUE = /\A[\t\x20-\x7e]*\z/
    DIALECTS = %i[auto classic].freeze
    private_constant :HEADER_NAME, :HEADER_VALUE, :DIALECTS

    # @return [Endpoints]
    attr_reader :endpoints
    # @return [String, nil]
    attr_reader :user_id
    # @return [Float, nil] seconds
    attr_reader :timeout, :open_timeout, :close_timeout, :message_timeout, :ping_interval
    # @return [Integer, nil] bytes
    attr_reader :max_message_size
    # @return [Retry]
    attr_reader :retries
    # @return [Reconnect]
    attr_reader :reconnect
    # @return [Symbol] `:auto` or `:classic`
    attr_reader :dialect
    # @return [Hash{Symbol => Object}]
    attr_reader :ssl

    # (see Client#initialize)
    def initialize(
      url,
      headers: {}, user_id: nil,
      discovery_path: Operations::DISCOVERY.path,
      initiate_workflow_path: Operations::INITIATE_WORKFLOW.path,
      ws_path: CHANNEL_PATH,
      timeout: 10.0, open_timeout: 10.0, close_timeout: 5.0, message_timeout: nil, ping_interval: 20.0,
      max_message_size: MAX_MESSAGE_SIZE, retries: Retry.new, reconnect: Reconnect.new, dialect: :auto, ssl: {}
    )
      raise ArgumentError, "dialect must be :auto or :classic" unless DIALECTS.include?(dialect)

      @endpoints = Endpoints.new(
        url, discovery_path: discovery_path, initiate_workflow_path: initiate_workflow_path, ws_path: ws_path
      )
      @headers = headers
      @user_id = user_id
      @timeout = timeout
      @open_timeout = open_timeout
      @close_timeout = close_timeout
      @message_timeout = message_timeout
      @ping_interval = ping_interval
      @max_message_size = max_message_size
      @retries = retries
      @reconnect = reconnect
      @dialect = dialect
      @ssl = ssl
      freeze
    end

    # Shows where the server is, and neither the headers nor the TLS settings, which may hold credentials.
    # @return [String]
    def inspect
      "#<#{self.class} #{@endpoints.discovery}>"
    end

    # The headers of the next request: those of the SDK, and the user's, asked for each time.
    # @return [Hash{String => String}]
    # @raise [ArgumentError] for what cannot stand in a header
    def fresh_headers
      given = @headers.respond_to?(:call) ? @headers.call : @headers
      given.to_h.each_with_object({ "User-Agent" => "fastagency-sdk-ruby/#{VERSION}" }) do |(name, value), found|
        name = name.to_s
        value = value.to_s
        # Not the value: it may be a credential.
        raise ArgumentError, "the header #{name.inspect} cannot be sent" unless
          name.match?(HEADER_NAME) && value.match?(HEADER_VALUE)

        found.delete_if { |other, _| other.casecmp?(name) }
        found[name] = value
      end
    end
  end
end
