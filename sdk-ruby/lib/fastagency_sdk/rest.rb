# frozen_string_literal: true

require "net/http"
require "net/http/status"
require "openssl"
require "time"

module FastAgency
  # The REST operations over net/http, and what their answers mean.
  class Rest
    FAILURES = [
      SystemCallError, SocketError, IOError, Timeout::Error, OpenSSL::SSL::SSLError, Net::ProtocolError,
      Net::HTTPBadResponse, Net::HTTPHeaderSyntaxError, Zlib::Error
    ].freeze
    private_constant :FAILURES

    # @param options [Options]
    def initialize(options)
      @options = options
    end

    # @param operation [Operation]
    # @param url [URI::HTTP] where it is
    # @param body [Value, nil]
    # @return [Object] the decoded body of a 200
    # @raise [ServerUnreachable]
    # @raise [RequestRefused] for any other status
    # @raise [MalformedMessage] for a body that is not what it should be
    # @raise [ArgumentError] for a `body` that JSON cannot say
    def call(operation, url, body = nil)
      request = Net::HTTPGenericRequest.new(operation.method, !body.nil?, true, url, @options.fresh_headers)
      if body
        request["Content-Type"] = "application/json"
        request.body = FastAgency.encode(body)
      end
      response, text = perform(url, request)
      status = response.code.to_i
      raise Rest.refusal(operation, status, response, text) unless status == 200

      FastAgency.decode_as(operation.body_of(status), text)
    end

    # @param operation [Operation, nil]
    # @param status [Integer]
    # @param headers [#[]] found by any casing
    # @param text [String] the body
    # @return [RequestRefused] an answer with an error status as the error to raise
    def self.refusal(operation, status, headers, text)
      detail = detail_of(operation&.body_of(status) || ErrorResponse, text)
      detail ||= Net::HTTP::STATUS_CODES[status] || "no reason given"
      detail += " (it points to #{headers["Location"]})" if headers["Location"]
      RequestRefused.new(status, detail, retry_after(headers["Retry-After"]))
    end

    # What an error body says, nil when it is none of ours: a proxy on the way may have written it.
    def self.detail_of(type, text)
      case FastAgency.decode_as(type, text)
      in { detail: String => detail } then detail
      in { detail: Array => issues }
        issues.map { |issue| "#{issue.loc.join(".")}: #{issue.msg}" }.join("; ")
      end
    rescue MalformedMessage
      nil
    end
    private_class_method :detail_of

    # The header holds seconds or a date (RFC 9110, 10.2.3).
    def self.retry_after(value)
      return if value.nil?
      return value.to_f if value.match?(/\A\d{1,15}\z/)

      [0.0, Time.httpdate(value) - Time.now].max
    rescue ArgumentError
      nil
    end
    private_class_method :retry_after

    private

    def perform(url, request)
      text = +""
      response = Net::HTTP.start(url.hostname, url.port, settings(url)) do |http|
        http.request(request) { |answer| answer.read_body { |part| append(text, part) } }
      end
      [response, text]
    rescue *FAILURES => e
      raise ServerUnreachable, "#{url}: #{e.message}"
    end

    def settings(url)
      {
        use_ssl: url.scheme == "https", max_retries: 0, open_timeout: @options.open_timeout,
        read_timeout: @options.timeout, write_timeout: @options.timeout, **@options.ssl
      }
    end

    def append(text, part)
      text << part
      limit = @options.max_message_size
      return unless limit && text.bytesize > limit

      raise MalformedMessage.new("a response is larger than max_message_size", text)
    end
  end
end
