# frozen_string_literal: true

require "io/wait"
require "openssl"
require "socket"
require_relative "bell"
require_relative "deadline"

module FastAgency
  # Bytes over TCP, encrypted or not, without blocking: whoever wants to wait calls {#wait}.
  class ByteStream
    CHUNK = 64 * 1024
    # What the system and OpenSSL raise for a connection that is gone.
    FAILURES = [SystemCallError, SocketError, IOError, OpenSSL::SSL::SSLError].freeze
    private_constant :CHUNK

    # @param host [String]
    # @param port [Integer]
    # @param ssl [Hash{Symbol => Object}, nil] parameters of OpenSSL::SSL::SSLContext; nil: not encrypted
    # @param deadline [Deadline] its bell ends the wait, but not that for a name server
    # @return [ByteStream]
    # @raise [SystemCallError, SocketError, IOError, OpenSSL::SSL::SSLError]
    def self.open(host, port, ssl, deadline)
      tcp = connect(host, port, deadline)
      tcp.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
      new(ssl ? encrypted(tcp, host, ssl, deadline) : tcp)
    rescue StandardError
      tcp&.close
      raise
    end

    # @return [Socket] connected to the first address of the host that takes it
    def self.connect(host, port, deadline)
      failure = SocketError.new("#{host} has no address")
      Addrinfo.foreach(host, port, nil, :STREAM, timeout: deadline.remaining) do |address|
        return reach(address, deadline)
      rescue SystemCallError => e
        failure = e
      end
      raise failure
    end
    private_class_method :connect

    # Socket.tcp, which could not be told to stop.
    def self.reach(address, deadline)
      socket = Socket.new(address.pfamily, Socket::SOCK_STREAM)
      if socket.connect_nonblock(address, exception: false) == :wait_writable
        await(socket, IO::WRITABLE, deadline, "connecting")
        fault = socket.getsockopt(Socket::SOL_SOCKET, Socket::SO_ERROR).int
        raise SystemCallError.new("connect(2)", fault) unless fault.zero?
      end
      socket
    rescue SystemCallError
      socket&.close
      raise
    end
    private_class_method :reach

    # Wait until a socket is ready for what is being done.
    def self.await(socket, events, deadline, doing)
      until Bell.await(socket, events, deadline.remaining, deadline.bell) == :ready
        raise Errno::ETIMEDOUT, doing if deadline.passed?
      end
    end
    private_class_method :await

    # @return [OpenSSL::SSL::SSLSocket]
    def self.encrypted(tcp, host, ssl, deadline)
      context = OpenSSL::SSL::SSLContext.new
      context.set_params(ssl)
      socket = OpenSSL::SSL::SSLSocket.new(tcp, context)
      socket.sync_close = true
      socket.hostname = host
      until (step = socket.connect_nonblock(exception: false)).equal?(socket)
        events = step == :wait_readable ? IO::READABLE : IO::WRITABLE
        await(tcp, events, deadline, "the TLS handshake")
      end
      socket.post_connection_check(host) if context.verify_mode != OpenSSL::SSL::VERIFY_NONE
      socket
    end
    private_class_method :encrypted

    # @param socket [Socket, OpenSSL::SSL::SSLSocket] connected
    def initialize(socket)
      @socket = socket
      # Which readiness a read and a write need: TLS may have to write in order to read, and the other way round.
      @to_read = IO::READABLE
      @to_write = IO::WRITABLE
    end

    # @return [String, nil] the bytes that are there; nil when there are none yet
    # @raise [EOFError] when there will be no more
    # @raise [SystemCallError, IOError, OpenSSL::SSL::SSLError]
    def read
      case found = @socket.read_nonblock(CHUNK, exception: false)
      when nil then raise EOFError, "the connection ended"
      when String then found
      else
        @to_read = found == :wait_writable ? IO::WRITABLE : IO::READABLE
        nil
      end
    end

    # @param bytes [String]
    # @return [Integer] how many of them were taken, which can be none
    # @raise [SystemCallError, IOError, OpenSSL::SSL::SSLError]
    def write(bytes)
      found = @socket.write_nonblock(bytes, exception: false)
      return found if found.is_a?(Integer)

      @to_write = found == :wait_readable ? IO::READABLE : IO::WRITABLE
      0
    end

    # Wait until a read, or a write if that is wanted, may get on.
    #
    # @param seconds [Float, nil] nil: for ever
    # @param to_write [Boolean]
    # @param bell [Bell, nil] what may end the wait
    # @return [:ready, :rung, nil] nil when nothing came in time
    # @raise [IOError] when another thread closes the stream
    def wait(seconds, to_write:, bell: nil)
      return :ready if @socket.is_a?(OpenSSL::SSL::SSLSocket) && @socket.pending.positive?

      Bell.await(@socket.to_io, to_write ? @to_read | @to_write : @to_read, seconds, bell)
    end

    # @return [Boolean]
    def closed?
      @socket.closed?
    end

    # Close without waiting for anything.
    def close
      # Not SSLSocket#close, which would say goodbye and could wait for it.
      @socket.to_io.close unless closed?
    end
  end
end
