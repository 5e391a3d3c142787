# frozen_string_literal: true

# The conformance driver: one command a line on stdin, one observation a line on stdout (tests/conformance).

$LOAD_PATH.unshift File.expand_path("../lib", __dir__)
require "fastagency_sdk"

# Carries out commands; it holds one conversation at a time.
class Driver
  READY = {
    saw: "ready", subject: "fastagency-sdk for Ruby", language: "ruby", version: FastAgency::VERSION,
    features: %w[discover converse timeout decode raw_text exact_integers]
  }.freeze

  def initialize
    @conversation = nil
  end

  def observe(command)
    case command
    in { do: "discover", url: } then discover(client(url, command))
    in { do: "start", url:, workflow:, params: } then start(client(url, command), workflow, params)
    in { do: "next" } then next_message(command[:timeout])
    in { do: "answer", value: } then answer(value)
    in { do: "leave" } then leave
    in { do: "decode", as:, frame: } then decode(as, frame)
    else { saw: "unsupported", do: command[:do] }
    end
  end

  private

  def client(url, command)
    options = command.fetch(:options, {}).slice(:headers, :user_id, :max_message_size)
    attempts = command.dig(:options, :retry, :attempts) || 1
    FastAgency::Client.new(url, retries: FastAgency::Retry.new(attempts: attempts), **options)
  end

  def discover(client)
    { saw: "workflows", workflows: client.discovery }
  rescue FastAgency::Error => e
    failed(e)
  end

  def start(client, workflow, params)
    @conversation&.close
    @conversation = nil
    @conversation = client.start(workflow, params)
    { saw: "started", workflow_uuid: @conversation.workflow_uuid }
  rescue FastAgency::Error => e
    failed(e)
  end

  def next_message(timeout)
    message = @conversation.next_message(timeout: timeout)
    state = @conversation.state
    return { saw: "ended", state: state, result: @conversation.result } if message.nil?

    known = !message.is_a?(FastAgency::Unknown)
    { saw: "message", type: message.type, known: known, message: message, state: state, raw: message.raw_text }
  rescue FastAgency::TimedOut
    { saw: "timeout" }
  rescue FastAgency::MalformedMessage => e
    { saw: "malformed", why: e.message }
  rescue FastAgency::Error => e
    failed(e)
  end

  def answer(value)
    @conversation.answer(value)
    { saw: "answered" }
  rescue FastAgency::Error => e
    { saw: "not_answered", error: name_of(e) }
  end

  def leave
    @conversation.leave
    { saw: "left", state: @conversation.state }
  end

  def decode(type, frame)
    value = FastAgency.decode_as(FastAgency::TYPES.fetch(type), frame)
    name = value.is_a?(FastAgency::Unknown) ? "Unknown" : FastAgency::TYPES.key(value.class) || type
    { saw: "decoded", type: name, value: value }
  rescue FastAgency::MalformedMessage => e
    { saw: "refused", why: e.message }
  end

  def failed(error)
    found = { saw: "failed", error: name_of(error), state: @conversation&.state }
    %i[code status reason detail].each do |name|
      found[name] = error.public_send(name) if error.respond_to?(name)
    end
    found.compact
  end

  def name_of(error)
    error.class.name.delete_prefix("FastAgency::")
  end
end

driver = Driver.new
$stdout.sync = true
puts FastAgency.encode(Driver::READY)
$stdin.each_line do |line|
  puts FastAgency.encode(driver.observe(JSON.parse(line, symbolize_names: true, max_nesting: false)))
end
