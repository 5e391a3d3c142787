# frozen_string_literal: true

require "digest"
require "openssl"
require "socket"

# A server that says what a test tells it, byte by byte: nothing of the client's own WebSocket library is in it.
#
# The block holds the conversation on each WebSocket. Failures in it are raised by `stop`.
class FakeServer
  Request = Struct.new(:verb, :path, :headers, :body)
  UUID = "6f1ed002-ab5f-4d3e-9b6a-7c1d2e3f4a5b"

  def self.open(ssl: nil, takes: nil, **routes, &script)
    new(ssl, takes, routes, script)
  end

  attr_reader :requests

  # @param takes [String, nil] the subprotocol that it takes, and advertises
  # @param routes [Hash{String => #call}] what answers a path: takes the request, returns [status, headers, body];
  #   or nil to close the connection
  def initialize(ssl, takes, routes, script)
    @takes = takes
    @routes = routes
    @script = script
    @requests = Queue.new
    @listener = TCPServer.new("127.0.0.1", 0)
    # Small, so that few bytes fill it.
    @listener.setsockopt(Socket::SOL_SOCKET, Socket::SO_RCVBUF, 32 * 1024)
    @ssl = ssl
    @faults = Queue.new
    @threads = []
    @accepting = Thread.new { accept }
  end

  def url(scheme = @ssl ? "https" : "http")
    "#{scheme}://127.0.0.1:#{@listener.addr[1]}"
  end

  # Stop, and raise what a script raised.
  def stop
    @accepting.kill.join
    @listener.close
    @threads.each { |thread| thread.join(5) || (@faults << "a script did not end") }
    @threads.each(&:kill)
    raise @faults.pop unless @faults.empty?
  end

  private

  def accept
    loop do
      socket = @listener.accept
      @threads << Thread.new { serve(socket) }
    end
  end

  def serve(socket)
    socket = encrypted(socket) if @ssl
    while (request = read_request(socket))
      @requests << request
      if request.headers["upgrade"]
        hold(socket, request)
        break
      end
      said = answer_to(request)
      break if said.nil?

      answer(socket, *said)
    end
  rescue OpenSSL::SSL::SSLError, Errno::ECONNRESET, Errno::EPIPE
    nil # the client went away
  rescue StandardError => e
    @faults << e
  ensure
    socket.close
  end

  def encrypted(socket)
    OpenSSL::SSL::SSLSocket.new(socket, @ssl).tap do |wrapped|
      wrapped.sync_close = true
      wrapped.accept
    end
  end

  def read_request(socket)
    method, path, = socket.gets&.split
    return if method.nil?

    headers = {}
    until (line = socket.gets.chomp).empty?
      name, value = line.split(": ", 2)
      headers[name.downcase] = value
    end
    Request.new(method, path, headers, socket.read(headers["content-length"].to_i))
  end

  def answer_to(request)
    route = @routes[request.path.to_sym]
    return route.call(request) if route

    case request.path
    when %r{/initiate_workflow\z}
      asked = JSON.parse(request.body)
      initiated = { user_id: nil, workflow_uuid: UUID, name: asked["workflow_name"], params: asked["params"] }
      initiated.update(subprotocols: [@takes], resume_token: "t" * 32) if @takes
      [200, {}, JSON.generate(initiated)]
    else
      [200, {}, JSON.generate([{ name: "w", description: "A workflow" }])]
    end
  end

  def answer(socket, status, headers, body)
    lines = headers.map { |name, value| "#{name}: #{value}\r\n" }.join
    socket.write("HTTP/1.1 #{status} Said\r\n#{lines}Content-Length: #{body.bytesize}\r\n\r\n#{body}")
  end

  def hold(socket, request)
    refusal = @routes[:upgrade]&.call(request)
    return answer(socket, *refusal) if refusal

    peer = Peer.new(socket)
    taken = "Sec-WebSocket-Protocol: #{@takes}\r\n" if @takes && request.headers["sec-websocket-protocol"] == @takes
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n#{taken}" \
                 "Sec-WebSocket-Accept: #{Peer.accept(request.headers["sec-websocket-key"])}\r\n\r\n")
    @script.call(peer)
  end
end

# The server's end of one WebSocket.
class Peer
  TEXT = 1
  BINARY = 2
  CLOSE = 8
  PING = 9
  PONG = 10

  # What proves that a server has understood the key of a client (RFC 6455, 4.2.2).
  def self.accept(key)
    Digest::SHA1.base64digest("#{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
  end

  attr_reader :socket

  def initialize(socket)
    @socket = socket
  end

  def frame(opcode, payload, final: true)
    payload = payload.b
    size = payload.bytesize
    length = case size
             when ..125 then [size].pack("C")
             when ..65_535 then [126, size].pack("Cn")
             else [127, size].pack("CQ>")
             end
    [(final ? 128 : 0) | opcode].pack("C") + length + payload
  end

  def send_frame(opcode, payload, final: true)
    @socket.write(frame(opcode, payload, final: final))
  end

  def text(*texts)
    @socket.write(texts.map { |text| frame(TEXT, text) }.join)
  end

  def close(code = nil, reason = "")
    send_frame(CLOSE, code ? [code].pack("n") + reason : "")
  end

  # The next frame of the client, as [opcode, payload]; nil when it has gone.
  def read
    head = @socket.read(2) or return
    opcode = head.getbyte(0) & 15
    raise "a client's frame must be masked" if (head.getbyte(1) & 128).zero?

    size = head.getbyte(1) & 127
    size = @socket.read(2).unpack1("n") if size == 126
    size = @socket.read(8).unpack1("Q>") if size == 127
    mask = @socket.read(4).bytes
    payload = @socket.read(size).bytes.each_with_index.map { |byte, index| byte ^ mask[index % 4] }
    [opcode, payload.pack("C*")]
  rescue Errno::ECONNRESET
    nil
  end

  def read_text
    opcode, payload = read
    raise "wanted a text frame, got #{opcode.inspect}" unless opcode == TEXT

    payload.force_encoding(Encoding::UTF_8)
  end
end
