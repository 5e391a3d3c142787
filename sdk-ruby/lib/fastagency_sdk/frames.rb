# frozen_string_literal: true

require "websocket/driver"
require_relative "close_code_reader"
require_relative "closure"
require_relative "handshake"

module FastAgency
  # The WebSocket protocol from the client's side, as a pure state machine around websocket-driver.
  #
  # It does no I/O: bytes that arrived go into {#receive}; frames come out of {#shift}, and bytes to send out of
  # {#outgoing}. Pings are answered by it. Compression is not offered.
  class Frames
    NO_LIMIT = (2**63) - 1
    # What websocket-driver writes to.
    Outbox = Struct.new(:url, :bytes) do
      def write(data)
        bytes << data
      end
    end
    private_constant :NO_LIMIT, :Outbox

    # @return [Closure, nil] how the connection ended, nil while it did not
    attr_reader :closure
    # @return [Handshake] what the server answered to the opening
    attr_reader :handshake

    # @param url [URI::Generic] ws or wss
    # @param headers [Hash{String => String}] of the opening request
    # @param max_message_size [Integer, nil] bytes
    # @param subprotocol [String, nil] what is offered to the server
    def initialize(url, headers, max_message_size, subprotocol = nil)
      @handshake = Handshake.new
      @close_code = CloseCodeReader.new
      @arrived = []
      @opened = false
      @failed = false
      @closure = nil
      @outbox = Outbox.new(url.to_s, "".b)
      @driver = WebSocket::Driver.client(
        @outbox, max_length: max_message_size || NO_LIMIT, protocols: [*subprotocol]
      )
      headers.each { |name, value| @driver.set_header(name, value) }
      listen
      @driver.start
    end

    # @return [Boolean] whether the server has opened the WebSocket
    def opened?
      @opened
    end

    # @return [String, nil] the subprotocol that the server took, nil when it took none
    def subprotocol
      @driver.protocol
    end

    # @return [String] the bytes to send; {#sent} takes off what was
    def outgoing
      @outbox.bytes
    end

    # @param count [Integer] how many of the outgoing bytes were sent
    def sent(count)
      @outbox.bytes = @outbox.bytes.byteslice(count..)
    end

    # @param bytes [String] the next that arrived
    def receive(bytes)
      if opened?
        @close_code.feed(bytes)
      else
        @handshake.feed(bytes)
      end
      @driver.parse(bytes)
    end

    # @return [Array(:text, String), Array(:binary, String), nil] the next frame, or message of several
    def shift
      @arrived.shift
    end

    # @param text [String] to send as a frame
    def text(text)
      @driver.text(text)
    end

    # Send a ping.
    def ping
      @driver.ping
    end

    # Close because this side cannot go on, or does not want to.
    #
    # @param code [Integer]
    # @param reason [String]
    def close(code, reason = "")
      @driver.close(reason, code)
      finish(Closure.new(code: code, reason: reason, by_client: true))
    end

    # Note that the connection is gone, perhaps without a close frame.
    def lost
      finish(Closure.new)
    end

    # Take bytes after {#close} and throw them away.
    #
    # @param bytes [String]
    # @return [Boolean] whether the server's close frame has come
    def discard(bytes)
      @close_code.feed(bytes)
      !@close_code.code.nil?
    end

    private

    def listen
      @driver.on(:open) { open }
      @driver.on(:message) do |event|
        data = event.data
        @arrived << (data.is_a?(String) ? [:text, data] : [:binary, data.pack("C*")])
      end
      # The driver says `error` before the `close` by which it fails the connection.
      @driver.on(:error) { @failed = true }
      @driver.on(:close) { |event| end_with(event) }
    end

    # The first frames may have come with the last bytes of the handshake.
    def open
      @opened = true
      @close_code.feed(@handshake.rest)
    end

    # The first end counts.
    def finish(closure)
      @closure = closure if @closure.nil?
    end

    def end_with(event)
      code = @failed ? event.code : @close_code.code || event.code
      finish(Closure.new(code: code, reason: event.reason.to_s, by_client: @failed))
    end
  end
end
