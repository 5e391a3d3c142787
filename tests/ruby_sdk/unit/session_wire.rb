# frozen_string_literal: true

require_relative "helper"

# Frames of `fastagency.v1`, as text.
module SessionWire
  TOKEN = "t" * 32
  TIME = "2026-01-01T00:00:00Z"

  module_function

  def frame(type, **fields)
    JSON.generate({ type: type, **fields })
  end

  def ready(mode, oldest: 1, head: 0, epoch: "e1", state: "running", heartbeat: 10, detached: 60)
    frame("session_ready", workflow_uuid: Wire::UUID, mode: mode, epoch: epoch, oldest_seq: oldest, head_seq: head,
                           state: state, resume_token: TOKEN, heartbeat_seconds: heartbeat,
                           detached_seconds: detached)
  end

  def through(seq)
    frame("replay_completed", through_seq: seq)
  end

  def logged(seq, type = "text_message", uuid = "u#{seq}", **content)
    content = { body: "m#{seq}" } if type == "text_message" && content.empty?
    frame(type, workflow_uuid: Wire::UUID, uuid: uuid, content: content, seq: seq, timestamp: TIME)
  end

  def question(seq, uuid = "q1", **content)
    logged(seq, "text_input", uuid, prompt: "Name?", suggestions: [], **content)
  end

  def accepted(seq, answer_id, question_uuid = "q1")
    frame("answer_accepted", seq: seq, timestamp: TIME, question_uuid: question_uuid, answer_id: answer_id, value: "v")
  end

  def rejected(answer_id, reason, question_uuid = "q1")
    frame("answer_rejected", question_uuid: question_uuid, answer_id: answer_id, reason: reason)
  end

  def completed(seq, outcome = "completed", result = nil)
    logged(seq, "workflow_completed", result: result, outcome: outcome)
  end

  def broken_message(seq)
    frame("text_message", seq: seq, workflow_uuid: Wire::UUID, uuid: "u", content: { body: 5 })
  end

  def initiated(**more)
    { user_id: nil, workflow_uuid: Wire::UUID, name: "quiz", params: { level: 1 }, subprotocols: ["fastagency.v1"],
      resume_token: TOKEN, **more }
  end

  def cursor(after_seq, epoch = "e1")
    FastAgency::Cursor.new(workflow_uuid: Wire::UUID, resume_token: TOKEN, epoch: epoch, after_seq: after_seq)
  end
end

# A machine, a clock that is moved by hand, and a user who reads everything at once.
class Talk
  attr_reader :protocol, :seen
  attr_accessor :now

  def initialize(origin = FastAgency::InitiatedWorkflow.new(**SessionWire.initiated), **reconnect)
    @now = 100.0
    @protocol = FastAgency::SessionProtocol.new(origin, FastAgency::Reconnect.new(first_delay: 1.0, **reconnect), @now)
    @seen = []
  end

  # A new socket: what is sent first, and what comes then.
  def open(*frames)
    first = JSON.parse(@protocol.first_frame(@now))
    hear(*frames)
    first
  end

  def hear(*frames)
    frames.each { |frame| read(@protocol.receive_text(frame, @now)) }
  end

  def read(items)
    items.each do |item|
      @protocol.delivered(item)
      @seen << item
    end
  end

  def drop(code = 1006, reason = "", by_client: false)
    @protocol.disconnected(FastAgency::Closure.new(code: code, reason: reason, by_client: by_client), @now)
  end

  def sent
    @protocol.outgoing.map { |frame| JSON.parse(frame) }
  end

  # What was seen: the numbers of what is logged, the types of all else.
  def shown
    @seen.map { |item| FastAgency::SessionLog.seq_of(item) || item.type }
  end
end

# What the tests of the machine share.
class SessionCase < Minitest::Test
  include SessionWire

  # A talk with a session.
  def live(*frames, **reconnect)
    Talk.new(**reconnect).tap { |talk| talk.open(ready("fresh"), *frames) }
  end
end
