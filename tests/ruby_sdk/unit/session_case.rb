# frozen_string_literal: true

require_relative "client_case"
require_relative "session_wire"

# What the tests of sessions over real sockets share.
class LiveSessionCase < ClientTest
  include SessionWire

  # A server that holds one socket after the other as the blocks say, and tells of the first frame of each. More sockets
  # than blocks fail the test.
  def session_server(*scripts, **routes)
    @firsts = Queue.new
    waiting = scripts.dup
    @servers << FakeServer.open(takes: "fastagency.v1", **routes) do |peer|
      script = waiting.shift or raise "one socket too many"
      first = JSON.parse(peer.read_text)
      @firsts << first
      script.call(peer, first)
    end
    @servers.last
  end

  # A client that comes back soon, and does not let a test hang.
  def session_client(server, **options)
    client(server, reconnect: FastAgency::Reconnect.new(first_delay: 0.01), message_timeout: 20, **options)
  end

  def first
    @firsts.pop
  end

  # The numbers of what is logged, and the types of all else.
  def shown(conversation)
    conversation.each_message.map { |it| FastAgency::SessionLog.seq_of(it) || it.type }
  end

  # Where its cursor stands.
  def stands(conversation)
    conversation.cursor.then { |it| [it.epoch, it.after_seq] }
  end

  def finish(peer, seq, outcome = "completed")
    peer.text(completed(seq, outcome, "done"))
    peer.close(1000)
  end

  # A script that says these frames, and then waits for the client to go.
  def says(*frames)
    lambda do |peer, _|
      peer.text(*frames)
      nil until [nil, Peer::CLOSE].include?(peer.read&.first)
    end
  end

  # A script that says these frames, and then the end.
  def ends(seq, *frames)
    lambda do |peer, _|
      peer.text(*frames)
      finish(peer, seq)
    end
  end

  # A script that says these frames, and cuts the connection.
  def breaks(*frames)
    ->(peer, _) { peer.text(*frames) }
  end

  def open_files
    Dir.children("/proc/self/fd").size
  end
end
