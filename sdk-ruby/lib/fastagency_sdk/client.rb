# frozen_string_literal: true

require "securerandom"
require_relative "classic"
require_relative "conversation"
require_relative "options"
require_relative "rest"
require_relative "session"

module FastAgency
  # A client of one server. It holds no connection of its own: conversations do.
  #
  #   client = FastAgency::Client.new("http://localhost:8008")
  #   client.discovery.each { |workflow| puts workflow.name }
  #   client.start("greeting") do |conversation|
  #     conversation.each_message { |message| … }
  #   end
  class Client
    # Times are in seconds; nil means for ever.
    #
    # @param url [String, URI] where the server is: http, https, ws or wss, with a path prefix if it has one
    # @param settings [Hash{Symbol => Object}]
    # @option settings [Hash, #call] :headers for every request and socket, or what returns them: called each time,
    #   so that credentials are fresh
    # @option settings [String] :user_id sent along for servers that want one; it opens nothing
    # @option settings [String] :discovery_path where it is not the default
    # @option settings [String] :initiate_workflow_path where it is not the default
    # @option settings [String] :ws_path where it is not the default
    # @option settings [Numeric, nil] :timeout (10) for each step of a request, and for sending an answer
    # @option settings [Numeric, nil] :open_timeout (10) for connecting, and for opening the WebSocket
    # @option settings [Numeric, nil] :close_timeout (5) for the server's part of closing the WebSocket
    # @option settings [Numeric, nil] :message_timeout (nil) for the next message, which a slow workflow may make long
    # @option settings [Numeric, nil] :ping_interval (20) a connection is lost on which nothing comes for so long, and
    #   then nothing after a ping for as long again; nil sends no pings
    # @option settings [Integer, nil] :max_message_size (16 MiB) in bytes: a larger message or response is refused
    # @option settings [Retry] :retries for discovery
    # @option settings [Reconnect] :reconnect how conversations come back when their connection ends
    # @option settings [Symbol] :dialect (:auto) `:classic` does not use `fastagency.v1` where a server speaks it
    # @option settings [Hash] :ssl parameters of OpenSSL::SSL::SSLContext, such as `ca_file`
    # @raise [ArgumentError] for a `url` that is none, and for an unknown `dialect`
    def initialize(url, **settings)
      @options = Options.new(url, **settings)
      @rest = Rest.new(@options)
    end

    # List the workflows that the server offers. A server that cannot be reached or is full is asked again, as
    # `retries` says.
    #
    # @return [Array<WorkflowInfo>]
    # @raise [ServerUnreachable]
    # @raise [RequestRefused]
    # @raise [MalformedMessage] for an answer that is no list of workflows
    def discovery
      tried = 0
      begin
        tried += 1
        @rest.call(Operations::DISCOVERY, @options.endpoints.discovery)
      rescue ServerUnreachable, RequestRefused => e
        delay = @options.retries.delay(tried, e)
        raise if delay.nil?

        sleep(delay)
        retry
      end
    end

    # Start a workflow and hold the conversation with it.
    #
    # @param name [String] the workflow's, as in {#discovery}
    # @param params [Hash] its parameters: any JSON object
    # @yieldparam conversation [Conversation] closed at the end of the block
    # @return [Object] what the block returns; without a block, the open conversation
    # @raise [ServerUnreachable]
    # @raise [RequestRefused] 404: there is no such workflow
    # @raise [MalformedMessage] for an answer that is no initiated workflow
    # @raise [ArgumentError] for `params` that JSON cannot say
    def start(name, params = {}, &)
      hold(converse(initiate(name, params)), &)
    end

    # Go on with a conversation (spec FA-RES).
    #
    # @param cursor [Cursor] where it stands: {Conversation#cursor}
    # @param from_start [Boolean] show everything that the server still holds, as a second tab or a page that was
    #   loaded again needs it; otherwise only what follows the cursor
    # @yieldparam conversation [Conversation] closed at the end of the block; reading it raises {ConversationRefused}
    #   with the code 4010 when the conversation is gone
    # @return [Object] what the block returns; without a block, the open conversation
    # @raise [ServerUnreachable]
    # @raise [RequestRefused]
    # @raise [DialectNotTaken] when the server speaks classic alone
    def resume(cursor, from_start: false, &block)
      cursor = cursor.from_start if from_start
      hold(Session.new(cursor, SessionLink.connect(@options), @options), &block)
    end

    private

    def initiate(name, params)
      request = InitiateWorkflowRequest.new(
        workflow_name: name, workflow_uuid: SecureRandom.uuid, user_id: @options.user_id, params: params
      )
      @rest.call(Operations::INITIATE_WORKFLOW, @options.endpoints.initiate_workflow, request)
    end

    # Speak `fastagency.v1` where it was advertised, and taken; otherwise classic (spec FA-NEG).
    def converse(initiated)
      offered = SessionProtocol::SUBPROTOCOL
      offered = nil unless @options.dialect == :auto && initiated.subprotocols&.include?(offered)
      connection = Connection.open(@options, subprotocol: offered)
      (connection.subprotocol ? Session : Classic).new(initiated, connection, @options)
    end

    def hold(shell)
      conversation = Conversation.new(shell, @options)
      return conversation unless block_given?

      begin
        yield conversation
      ensure
        conversation.close
      end
    end
  end
end
