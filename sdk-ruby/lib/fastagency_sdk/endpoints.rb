# frozen_string_literal: true

require "uri"
require "uri/wss" # which uri itself forgets in Ruby 3.1

module FastAgency
  # Where a server's three routes are, as absolute URLs: two for HTTP, one for the WebSocket.
  class Endpoints
    SECURE = { "http" => false, "ws" => false, "https" => true, "wss" => true }.freeze
    private_constant :SECURE

    # @return [URI::HTTP]
    attr_reader :discovery
    # @return [URI::HTTP]
    attr_reader :initiate_workflow
    # @return [URI::Generic] ws or wss
    attr_reader :ws

    # @param url [String, URI] http, https, ws or wss: what counts is whether it is encrypted. It may carry a path
    #   prefix.
    # @param discovery_path [String]
    # @param initiate_workflow_path [String]
    # @param ws_path [String]
    # @raise [ArgumentError] for any other scheme, a URL without a host, a bad port, and a query, a fragment or
    #   credentials, which a base URL cannot have
    def initialize(url, discovery_path:, initiate_workflow_path:, ws_path:)
      base = parse(url.to_s.strip)
      secure = SECURE[base.scheme]
      rest = "://#{base.host}#{":#{base.port}" if base.port != base.default_port}#{base.path.sub(%r{/+\z}, "")}"
      @discovery = below("http#{"s" if secure}#{rest}", discovery_path)
      @initiate_workflow = below("http#{"s" if secure}#{rest}", initiate_workflow_path)
      @ws = below("ws#{"s" if secure}#{rest}", ws_path)
      freeze
    end

    private

    def parse(url)
      base = URI.parse(url)
      unless SECURE.key?(base.scheme)
        raise ArgumentError, "#{url.inspect} must start with http://, https://, ws:// or wss://"
      end
      raise ArgumentError, "#{url.inspect} names no host" if base.host.to_s.empty?
      raise ArgumentError, "#{url.inspect} has a bad port" unless base.port.between?(0, 65_535)
      # Not in the message: the URL holds a password.
      raise ArgumentError, "a base URL cannot have credentials: give them in `headers`" if base.userinfo

      if base.query || base.fragment
        raise ArgumentError, "#{url.inspect} is a base URL and cannot have a query or a fragment"
      end

      base
    rescue URI::InvalidURIError => e
      raise ArgumentError, "#{url.inspect} is no URL: #{e.message}"
    end

    def below(base, path)
      URI.parse("#{base}/#{path.sub(%r{\A/+}, "")}")
    rescue URI::InvalidURIError => e
      raise ArgumentError, "#{path.inspect} is no path: #{e.message}"
    end
  end
end
