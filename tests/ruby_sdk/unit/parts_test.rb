# frozen_string_literal: true

require_relative "helper"

# The parts that compute and do no I/O.
class AnswersTest < Minitest::Test
  def frame(question, value)
    FastAgency::Answers.frame_for(FastAgency.decode(question), value)
  end

  def refused(question, value)
    assert_raises(FastAgency::NotAsked) { frame(question, value) }.message
  end

  def test_a_text_is_sent_as_it_is
    assert_equal "", frame(Wire.text_input, "")
    assert_equal "a,b\n", frame(Wire.text_input, "a,b\n")
    assert_equal "é".b, frame(Wire.text_input, "é".encode("ISO-8859-1")).b
    refused(Wire.text_input, ["a"])
    refused(Wire.text_input, nil)
  end

  def test_no_error_holds_what_may_be_a_password
    ["hunter2\xff", "hunter2\xff".b].each do |secret|
      error = assert_raises(FastAgency::NotAsked) { frame(Wire.text_input, secret) }

      assert_nil error.cause
      refute_includes error.message, "hunter2"
    end
  end

  def test_one_choice
    assert_equal "b,c", frame(Wire.choice, "b,c")
    assert_equal "a", frame(Wire.choice, ["a"])
    assert_includes refused(Wire.choice, "x"), '"x" is none of the choices "a", "b,c", "d"'
    refused(Wire.choice, %w[a d])
    refused(Wire.choice, "")
    refused(Wire.choice, [])
    refused(Wire.choice, [1])
    assert_includes refused(Wire.choice(choices: []), "x"), "(there are none)"
  end

  def test_an_empty_answer_takes_the_default
    assert_equal "", frame(Wire.choice(default: "z"), "")
    assert_equal "", frame(Wire.choice(default: "z"), [])
    assert_equal "z", frame(Wire.choice(default: "z"), "z")
    assert_equal "", frame(Wire.choice(choices: ["", "a"]), "")
  end

  def test_several_choices_are_joined
    several = Wire.choice(single: false)

    assert_equal "d,b,c", frame(several, %w[d b,c])
    assert_equal "d,b,c", frame(several, "d,b,c")
    assert_equal "", frame(several, [])
    assert_equal "a,a", frame(several, %w[a a])
    refused(several, "b")
    refused(several, %w[a x])
  end

  def test_splitting
    split = ->(text, *choices) { FastAgency::Answers.split_choices(text, choices) }

    assert_equal %w[a,b a], split.call("a,b,a", "a", "a,b")
    assert_equal ["a", ""], split.call("a,", "a", "")
    assert_empty split.call("", "a")
    assert_nil split.call("a,", "a")
    assert_nil split.call("#{"a," * 5000}x", "a", "a,a", "a,a,a")
  end
end

class RetryTest < Minitest::Test
  Fixed = Struct.new(:rand)
  UNREACHABLE = FastAgency::ServerUnreachable.new("no")

  def delay(tried, error, drawn = 1.0)
    FastAgency::Retry.new(attempts: 100).delay(tried, error, random: Fixed.new(drawn))
  end

  def test_the_wait_grows_is_drawn_and_is_bounded
    assert_equal [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0], (1..7).map { |tried| delay(tried, UNREACHABLE) }
    assert_in_delta 0.1, delay(1, UNREACHABLE, 0.4)
    assert_in_delta 5.0, delay(99, UNREACHABLE)
    assert_nil delay(100, UNREACHABLE)
  end

  def test_only_a_full_server_is_asked_again
    assert_in_delta 3.0, delay(1, FastAgency::RequestRefused.new(503, "full", 3.0))
    assert_in_delta 0.25, delay(1, FastAgency::RequestRefused.new(503, "full"))
    assert_nil delay(1, FastAgency::RequestRefused.new(503, "full", 60.0))
    assert_nil delay(1, FastAgency::RequestRefused.new(500, "broken", 1.0))
    assert_nil delay(1, FastAgency::MalformedMessage.new("what", ""))
  end

  def test_bad_numbers_are_refused
    assert_raises(ArgumentError) { FastAgency::Retry.new(attempts: 0) }
    assert_raises(ArgumentError) { FastAgency::Retry.new(first_delay: -1) }
    assert_raises(ArgumentError) { FastAgency::Retry.new(longest_delay: -1) }
  end
end

class OptionsTest < Minitest::Test
  def urls(url, **paths)
    found = FastAgency::Options.new(url, **paths).endpoints
    [found.discovery, found.initiate_workflow, found.ws].map(&:to_s)
  end

  def test_addresses
    assert_equal %w[http://h:8008/fastagency/discovery http://h:8008/fastagency/initiate_workflow
                    ws://h:8008/fastagency/ws], urls("http://h:8008")
    assert_equal %w[https://h/p/q/fastagency/discovery https://h/p/q/i wss://h/p/q/s?x=1],
                 urls(URI("wss://h:443/p/q//"), initiate_workflow_path: "i", ws_path: "/s?x=1")
    assert_equal "ws://[::1]:81/fastagency/ws", urls("ws://[::1]:81").last
  end

  [
    "ftp://h", "h:80", "http://", "http://h?q", "http://h#f", "http://h:99999", "http://u:secret@h", "http://a b"
  ].each do |url|
    define_method("test_#{url}_is_no_base_url") do
      error = assert_raises(ArgumentError) { urls(url) }

      refute_includes error.message, "secret"
    end
  end

  def test_no_inspection_shows_a_credential
    client = FastAgency::Client.new("http://h", headers: { "Authorization" => "Bearer secret" })

    assert_includes client.inspect, "http://h/fastagency/discovery"
    refute_includes client.inspect, "secret"
  end

  def test_headers_are_asked_for_each_time
    count = 0
    options = FastAgency::Options.new("http://h", headers: -> { { "X-N" => count += 1 } })

    assert_equal(%w[1 2], Array.new(2) { options.fresh_headers["X-N"] })
  end

  def test_the_users_headers_win
    found = FastAgency::Options.new("http://h", headers: { "user-agent": "mine" }).fresh_headers

    assert_equal({ "user-agent" => "mine" }, found)
    assert_equal "fastagency-sdk-ruby/#{FastAgency::VERSION}",
                 FastAgency::Options.new("http://h").fresh_headers["User-Agent"]
  end

  def test_a_header_cannot_smuggle_another
    ["a\r\nX: y", "a\n", "\0", "é"].each do |value|
      error = assert_raises(ArgumentError) { FastAgency::Options.new("http://h", headers: { X: value }).fresh_headers }

      refute_includes error.message, "y"
    end
    assert_raises(ArgumentError) { FastAgency::Options.new("http://h", headers: { "X:" => "" }).fresh_headers }
  end
end

class CloseCodeReaderTest < Minitest::Test
  def code(*bytes)
    reader = FastAgency::CloseCodeReader.new
    bytes.each { |part| reader.feed(part) }
    reader.code
  end

  LONG = [129, 127, 70_000].pack("CCQ>") + ("\x88" * 70_000).b
  SHORT = [130, 126, 300].pack("CCn") + ("\x88" * 300).b
  CLOSE = [136, 6, 1012].pack("CCn") + "busy".b

  def test_finds_the_code_behind_other_frames
    assert_equal 1012, code(LONG + SHORT + "\x89\x00".b + CLOSE)
    assert_nil code(LONG + SHORT)
  end

  def test_finds_it_whatever_the_bytes_came_in
    all = SHORT + "\x81\x03abc".b + CLOSE
    assert_equal 1012, code(*all.each_char)
    assert_equal 1012, code(*all.scan(/.{1,7}/mn))
    assert_nil code(*all[..-7].each_char)
  end

  def test_a_close_frame_may_have_no_code
    assert_equal 1005, code("\x88\x00".b)
    assert_equal 1005, code("\x88\x01a".b)
  end

  def test_the_first_close_frame_counts
    assert_equal 1012, code(CLOSE, [136, 2, 1000].pack("CCn"))
  end
end

class HeartbeatTest < Minitest::Test
  def test_silence_gets_a_ping_and_then_an_end
    heartbeat = FastAgency::Heartbeat.new(10, 100)

    assert_nil heartbeat.beat(109)
    assert_in_delta 1, heartbeat.remaining(109)
    assert_equal :ping, heartbeat.beat(110)
    assert_nil heartbeat.beat(119)
    assert_equal :lost, heartbeat.beat(120)
  end

  def test_any_sign_of_life_counts
    heartbeat = FastAgency::Heartbeat.new(10, 100)
    heartbeat.beat(110)
    heartbeat.heard(115)

    assert_nil heartbeat.beat(124)
    assert_equal :ping, heartbeat.beat(125)
  end

  def test_a_reader_that_was_away_pings_before_it_judges
    heartbeat = FastAgency::Heartbeat.new(10, 100)

    assert_equal :ping, heartbeat.beat(5000)
    assert_nil heartbeat.beat(5009)
    assert_in_delta 0.0, heartbeat.remaining(9999)
  end

  def test_it_can_be_off
    heartbeat = FastAgency::Heartbeat.new(nil, 100)

    assert_nil heartbeat.beat(5000)
    assert_nil heartbeat.remaining(5000)
  end
end

class HandshakeTest < Minitest::Test
  def test_reads_a_refusal
    handshake = FastAgency::Handshake.new
    handshake.feed("HTTP/1.1 503 \r\nretry-after:  7 \r\nContent-Length: 18\r\n\r\n{\"detail\":")

    refute_predicate handshake, :whole?
    handshake.feed('"full!"}')

    assert_predicate handshake, :whole?
    refusal = handshake.refusal

    assert_equal [503, "full!", 7.0], [refusal.status, refusal.detail, refusal.retry_after]
  end

  def test_a_date_says_when_to_come_back
    handshake = FastAgency::Handshake.new
    handshake.feed("HTTP/1.1 503 No\r\nRetry-After: #{(Time.now + 3600).httpdate}\r\n\r\n")

    assert_in_delta 3600, handshake.refusal.retry_after, 60
    assert_equal "Service Unavailable", handshake.refusal.detail
  end

  def test_no_http_has_no_status
    handshake = FastAgency::Handshake.new
    handshake.feed("SSH-2.0\r\n\r\n")

    assert_nil handshake.status
  end
end
