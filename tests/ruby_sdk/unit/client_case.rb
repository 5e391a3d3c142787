# frozen_string_literal: true

require_relative "helper"
require_relative "fake_server"

# What the client tests share: servers that are stopped, conversations that are closed, and nothing left behind.
class ClientTest < Minitest::Test
  def setup
    @threads = Thread.list
    @servers = []
  end

  def teardown
    @servers.each(&:stop)

    assert_empty Thread.list - @threads, "threads were left"
  end

  # A server that holds each conversation as the block says. The first frame is read already.
  def server(**routes, &script)
    @servers << FakeServer.open(**routes) do |peer|
      peer.read_text
      script&.call(peer)
    end
    @servers.last
  end

  def client(server, **options)
    FastAgency::Client.new(server.url, retries: FastAgency::Retry.new(attempts: 1), **options)
  end

  # The bodies of the texts, and the types of all else.
  def bodies(conversation)
    conversation.each_message.map { |it| it.is_a?(FastAgency::TextMessage) ? it.content.body : it.type }
  end

  def waits_for(seconds = 5)
    limit = FastAgency::Deadline.new(seconds)
    sleep 0.005 until yield || limit.passed?

    assert yield, "it did not come to that"
  end
end
