# frozen_string_literal: true

require_relative "client_case"

# The requests.
class RequestsTest < ClientTest
  def test_discovery
    found = client(server).discovery

    assert_equal [FastAgency::WorkflowInfo.new(name: "w", description: "A workflow")], found
  end

  def test_discovery_is_tried_again
    tried = 0
    route = ->(_) { (tried += 1) < 3 ? [503, { "Retry-After" => "0" }, ""] : [200, {}, "[]"] }
    there = server("/fastagency/discovery": route)

    assert_empty FastAgency::Client.new(there.url).discovery
    assert_equal 3, tried
  end

  def test_refusals_say_what_the_server_says
    issues = [{ loc: ["body", 0], msg: "is wrong", type: "t" }]
    {
      [422, {}, JSON.generate(detail: issues)] => [422, "body.0: is wrong", nil],
      [404, {}, '{"detail":"There is none."}'] => [404, "There is none.", nil],
      [503, { "Retry-After" => "3" }, "<html>"] => [503, "Service Unavailable", 3.0],
      [302, { "Location" => "/there" }, ""] => [302, "Found (it points to /there)", nil],
      [599, {}, ""] => [599, "no reason given", nil]
    }.each do |answer, expected|
      there = server("/fastagency/initiate_workflow": ->(_) { answer })
      error = assert_raises(FastAgency::RequestRefused) { client(there).start("w") }

      assert_equal expected, [error.status, error.detail, error.retry_after]
    end
  end

  def test_an_answer_that_is_none_of_ours
    ["[{}]", "null", "[NaN]", "\xff"].each do |body|
      there = server("/fastagency/discovery": ->(_) { [200, {}, body] })

      assert_raises(FastAgency::MalformedMessage) { client(there).discovery }
    end
  end

  def test_a_response_may_not_be_larger_than_said
    there = server("/fastagency/discovery": ->(_) { [200, {}, "[#{" " * 5000}]"] })

    assert_empty client(there).discovery
    assert_raises(FastAgency::MalformedMessage) { client(there, max_message_size: 5000).discovery }
  end

  def test_no_server
    nobody = TCPServer.open("127.0.0.1", 0) { |listener| "http://127.0.0.1:#{listener.addr[1]}" }
    here = FastAgency::Client.new(nobody, retries: FastAgency::Retry.new(attempts: 1))

    assert_raises(FastAgency::ServerUnreachable) { here.discovery }
    assert_raises(FastAgency::ServerUnreachable) { here.start("w") }
  end

  def test_nothing_is_asked_twice_behind_the_users_back
    there = server("/fastagency/discovery": ->(_) {})

    assert_raises(FastAgency::ServerUnreachable) { client(there).discovery }
    assert_equal 1, there.requests.size
  end

  def test_a_server_that_says_nothing
    TCPServer.open("127.0.0.1", 0) do |listener|
      url = "http://127.0.0.1:#{listener.addr[1]}"
      here = FastAgency::Client.new(url, timeout: 0.1, retries: FastAgency::Retry.new(attempts: 1))

      assert_raises(FastAgency::ServerUnreachable) { here.discovery }
    end
  end

  def test_what_is_asked
    there = server { |peer| peer.close(1000) }
    count = 0
    here = FastAgency::Client.new(
      "#{there.url}/prefix",
      user_id: "me", initiate_workflow_path: "/o/initiate_workflow", headers: -> { { "X-Count" => count += 1 } }
    )
    here.discovery
    here.start("w", level: 9_007_199_254_740_993, "k" => [nil]).close
    discovery, initiate, upgrade = Array.new(3) { there.requests.pop }

    assert_equal %w[/prefix/fastagency/discovery /prefix/o/initiate_workflow /prefix/fastagency/ws],
                 [discovery, initiate, upgrade].map(&:path)
    assert_equal(%w[1 2 3], [discovery, initiate, upgrade].map { |it| it.headers["x-count"] })
    asked = JSON.parse(initiate.body)

    assert_match(/\A\h{8}(-\h{4}){3}-\h{12}\z/, asked.delete("workflow_uuid"))
    assert_equal({ "workflow_name" => "w", "user_id" => "me",
                   "params" => { "level" => 9_007_199_254_740_993, "k" => [nil] } }, asked)
  end

  def test_params_that_are_no_json
    there = server

    assert_raises(ArgumentError) { client(there).start("w", x: Float::NAN) }
    assert_predicate there.requests, :empty?
  end
end

# The opening of the WebSocket.
class OpeningTest < ClientTest
  def test_a_refusal_of_the_socket
    there = server(upgrade: ->(_) { [403, {}, '{"detail":"Not you."}'] })
    error = assert_raises(FastAgency::RequestRefused) { client(there).start("w") }

    assert_equal [403, "Not you."], [error.status, error.detail]
  end

  def test_an_answer_that_opens_nothing
    ["SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n", ""].each do |bytes|
      there = raw(bytes)
      assert_raises(FastAgency::ServerUnreachable) { connect(there) }
      there.close
    end
  end

  def test_silence
    TCPServer.open("127.0.0.1", 0) do |listener|
      error = assert_raises(FastAgency::ServerUnreachable) { connect(listener, open_timeout: 0.1) }

      assert_includes error.message, "no answer"
    end
  end

  def test_encrypted
    key = OpenSSL::PKey::RSA.new(2048)
    certificate = certificate_for(key)
    context = OpenSSL::SSL::SSLContext.new
    context.add_certificate(certificate, key)
    there = server(ssl: context) do |peer|
      3.times { peer.text(Wire.text_message("x" * 100_000)) }
      peer.text(Wire.completed)
      peer.close(1000)
    end
    store = OpenSSL::X509::Store.new.add_cert(certificate)

    conversation = client(there, ssl: { cert_store: store }).start("w")

    assert_equal 100_000, conversation.next_message.content.body.size
    assert_equal 3, conversation.each_message.count
    assert_raises(FastAgency::ServerUnreachable) { client(there).discovery }
    options = FastAgency::Options.new(there.url)

    assert_raises(FastAgency::ServerUnreachable) { FastAgency::Connection.open(options) }
  end

  private

  def connect(listener, **options)
    url = "http://127.0.0.1:#{listener.addr[1]}"
    FastAgency::Connection.open(FastAgency::Options.new(url, **options))
  end

  def raw(bytes)
    listener = TCPServer.new("127.0.0.1", 0)
    @threads << Thread.new do
      socket = listener.accept
      socket.readpartial(4096)
      socket.write(bytes)
      socket.close
    end
    listener
  end

  def certificate_for(key)
    OpenSSL::X509::Certificate.new.tap do |it|
      it.version = 2
      it.serial = 1
      it.subject = it.issuer = OpenSSL::X509::Name.parse("/CN=127.0.0.1")
      it.public_key = key.public_key
      it.not_before = Time.now - 60
      it.not_after = Time.now + 3600
      extensions = OpenSSL::X509::ExtensionFactory.new(it, it)
      it.add_extension(extensions.create_extension("subjectAltName", "IP:127.0.0.1"))
      it.sign(key, OpenSSL::Digest.new("SHA256"))
    end
  end
end
