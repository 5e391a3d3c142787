# frozen_string_literal: true

# The conformance driver: one command a line on stdin, one observation a line on stdout (tests/conformance).

$LOAD_PATH.unshift File.expand_path("../lib", __dir__)
require "fastagency_sdk"

# Carries out commands; it holds one conversation at a time.
class Driver
  READY = {
    saw: "ready", subject: "fastagency-sdk for Ruby", language: "ruby", version: FastAgency::VERSION,
    features: %w[discover converse timeout decode raw_text exact_integers sessions]
  }.freeze

  def initialize
    @conversation = nil
    @texts = FastAgency::TextAssembler.new
  end

  def observe(command)
    case command
    in { do: "discover", url: } then discover(client(url, command))
    in { do: "start", url:, workflow: } then start(client(url, command), workflow, command[:params] || {})
    in { do: "resume", url:, cursor: } then resume(client(url, command), cursor, command[:from_start] || false)
    in { do: "decode", as:, frame: } then decode(as, frame)
    else @conversation ? observe_conversation(command) : unsupported(command)
    end
  end

  # Leave nothing behind.
  def close
    @conversation&.close
  end

  private

  def observe_conversation(command)
    case command
    in { do: "next" } then next_message(command[:timeout])
    in { do: "answer", value: } then answer(value)
    in { do: "cancel" } then cancel(command[:reason])
    in { do: "cursor" } then { saw: "cursor", cursor: @conversation.cursor }
    in { do: "connection" } then { saw: "connection", connection: @conversation.connection }
    in { do: "leave" } then leave
    else unsupported(command)
    end
  end

  def unsupported(command)
    { saw: "unsupported", do: command[:do] }
  end

  def client(url, command)
    options = command[:options] || {}
    FastAgency::Client.new(
      url,
      retries: FastAgency::Retry.new(attempts: options.dig(:retry, :attempts) || 1),
      reconnect: reconnect(**(options[:reconnect] || {})),
      dialect: options.fetch(:dialect, "auto").to_sym,
      **options.slice(:headers, :user_id, :max_message_size)
    )
  end

  def reconnect(first_delay: 0.5, max_delay: 30.0, should_retry: {})
    FastAgency::Reconnect.new(
      first_delay: first_delay, longest_delay: max_delay,
      should_retry: ->(code, _reason, _attempt) { should_retry[:"#{code}"] }
    )
  end

  def discover(client)
    { saw: "workflows", workflows: client.discovery }
  rescue FastAgency::Error => e
    failed(e)
  end

  def start(client, workflow, params)
    enter { client.start(workflow, params) }
  end

  def resume(client, cursor, from_start)
    enter { client.resume(FastAgency::Cursor.from_json(JSON.generate(cursor)), from_start: from_start) }
  end

  def enter
    close
    @conversation = nil
    @texts = FastAgency::TextAssembler.new
    @conversation = yield
    { saw: "started", workflow_uuid: @conversation.workflow_uuid }
  rescue FastAgency::Error => e
    failed(e)
  end

  def next_message(timeout)
    message = @conversation.next_message(timeout: timeout)
    state = @conversation.state
    return { saw: "ended", state: state, result: @conversation.result, **of_session(nil) } if message.nil?

    known = !message.is_a?(FastAgency::Unknown)
    { saw: "message", type: message.type, known: known, message: message, state: state, raw: message.raw_text,
      **of_session(message) }
  rescue FastAgency::TimedOut
    { saw: "timeout" }
  rescue FastAgency::MalformedMessage => e
    { saw: "malformed", why: e.message }
  rescue FastAgency::Error => e
    failed(e)
  end

  # What only a conversation of `fastagency.v1` has to tell.
  def of_session(message)
    return {} if @conversation.cursor.nil?
    return { outcome: @conversation.outcome } if message.nil?

    told = { connection: @conversation.connection, text: @texts.add(message) }.compact
    case message
    in FastAgency::AnswerAccepted then told.merge(elsewhere: @conversation.answered_elsewhere?(message))
    in FastAgency::TextInput | FastAgency::MultipleChoice then told.merge(open: @conversation.open?(message))
    else told
    end
  end

  def answer(value)
    { saw: "answered", answer_id: @conversation.answer(value) }.compact
  rescue FastAgency::Error => e
    { saw: "not_answered", error: name_of(e) }
  end

  def cancel(reason)
    @conversation.cancel(reason)
    { saw: "cancelled" }
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
driver.close
