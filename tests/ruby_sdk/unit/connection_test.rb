# frozen_string_literal: true

require_relative "helper"
require_relative "fake_server"

# The state machine of the WebSocket, and the connection around it on a stream that does what a test tells it.
module Opened
  OPTIONS = FastAgency::Options.new("http://h", timeout: 1, ping_interval: nil)
  # Makes frames as a server does.
  PEER = Peer.new(nil)

  module_function

  # Frames after a handshake, in whose last bytes the first frames of the server stand.
  def frames(first = "")
    frames = FastAgency::Frames.new(OPTIONS.endpoints.ws, { "X-Mine" => "1" }, nil)
    key = frames.outgoing[/Sec-WebSocket-Key: (\S+)/, 1]
    frames.sent(frames.outgoing.bytesize)
    frames.receive("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
                   "Sec-WebSocket-Accept: #{Peer.accept(key)}\r\n\r\n".b + first)
    frames
  end

  def text(body)
    PEER.frame(Peer::TEXT, Wire.text_message(body))
  end

  def close(code)
    PEER.frame(Peer::CLOSE, [code].pack("n"))
  end
end

class FramesTest < Minitest::Test
  def test_frames_may_come_with_the_end_of_the_handshake
    frames = Opened.frames(Opened.text("a") + Opened.close(1012))

    assert_equal [:text, Wire.text_message("a")], frames.shift
    assert_nil frames.shift
    assert_equal [1012, false], [frames.closure.code, frames.closure.by_client?]
  end

  def test_the_first_end_counts
    frames = Opened.frames
    frames.close(1011, "no pong")
    frames.lost
    frames.receive(Opened.close(1000))

    assert_equal [1011, "no pong", true], [frames.closure.code, frames.closure.reason, frames.closure.by_client?]
  end

  def test_the_request_holds_the_headers_and_offers_no_extension
    request = FastAgency::Frames.new(Opened::OPTIONS.endpoints.ws, { "X-Mine" => "1" }, nil).outgoing

    assert_match(%r{\AGET /fastagency/ws HTTP/1\.1\r\n}, request)
    assert_includes request, "\r\nX-Mine: 1\r\n"
    refute_match(/extensions/i, request)
  end
end

class ConnectionTest < Minitest::Test
  # Reads and writes as two blocks say; waits never.
  class Stream
    attr_reader :written

    def initialize(read:, write: lambda(&:bytesize))
      @read = read
      @write = write
      @written = "".b
    end

    def read
      @read.call
    end

    def write(bytes)
      count = @write.call(bytes)
      @written << bytes.byteslice(0, count)
      count
    end

    def wait(_seconds, to_write:, bell: nil) = (bell || to_write) && nil
    def close = nil
  end

  def connection(**stream)
    @stream = Stream.new(**stream)
    FastAgency::Connection.new(@stream, Opened.frames, Opened::OPTIONS)
  end

  def test_a_server_that_never_stops_is_read_by_the_message
    reads = 0
    endless = connection(read: -> { (reads += 1) < 1000 ? Opened.text("a") : raise("it reads on and on") })

    3.times { assert_equal [:text, Wire.text_message("a")], endless.receive(1) }
    assert_equal 3, reads
    endless.send_text("x")

    assert_operator reads, :<, 50
  end

  def test_two_sides_that_both_send_do_not_wait_for_each_other
    # The server takes nothing before everything that it sends was read.
    unread = Array.new(20) { Opened.text("a") }
    both = connection(read: -> { unread.shift }, write: ->(bytes) { unread.empty? ? bytes.bytesize : 0 })

    assert_nil both.send_text("x")
    20.times { assert_equal :text, both.receive(1).first }
    refute_empty @stream.written
  end

  def test_nothing_is_sent_to_a_server_that_has_closed
    arrived = [Opened.text("a"), Opened.close(4000)]
    gone = connection(read: -> { arrived.shift })

    assert_equal 4000, gone.send_text("x").code
    assert_equal [Peer::CLOSE | 128], @stream.written.bytes.first(1)
    assert_equal [:text, Wire.text_message("a")], gone.receive(1)
    assert_equal 4000, gone.receive(1).last.code
  end

  def test_a_failed_write_loses_nothing_that_came_before
    arrived = []
    broken = lambda do |_|
      arrived.push(Opened.text("a"), Opened.close(4000))
      raise Errno::EPIPE
    end
    gone = connection(read: -> { arrived.shift }, write: broken)

    assert_equal 4000, gone.send_text("x").code
    assert_equal [:text, Wire.text_message("a")], gone.receive(1)
  end

  def test_an_end_without_a_close_frame
    gone = connection(read: -> { raise EOFError })

    2.times { assert_equal 1006, gone.receive(1).last.code }
    assert_equal 1006, gone.send_text("x").code
  end

  def test_a_server_that_takes_nothing_is_given_up
    options = FastAgency::Options.new("http://h", timeout: 0, ping_interval: nil)
    stream = Stream.new(read: -> {}, write: ->(_) { 0 })
    stuck = FastAgency::Connection.new(stream, Opened.frames, options)

    assert_equal 1006, stuck.send_text("x").code
  end
end
