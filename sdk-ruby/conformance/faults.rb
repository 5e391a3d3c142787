# frozen_string_literal: true

# Holds many conversations with the workflow `faults` (tests/faults), and counts what went wrong:
#
#   ruby faults.rb URL --conversations N --at-once K
#
# Prints one JSON line. The exit status is 0 when every conversation finished and nothing was lost, repeated, out of
# order or answered wrongly.

$LOAD_PATH.unshift File.expand_path("../lib", __dir__)
require "fastagency_sdk"
require "optparse"

# Conversations while connections are cut.
class Faults
  MESSAGES = 20
  QUESTIONS = 5
  COUNTED = %i[finished lost repeated out_of_order answers_lost answers_doubled reconnects].freeze

  # @return [Hash{Symbol => Integer}] what was counted
  attr_reader :count

  def initialize(url)
    @client = FastAgency::Client.new(
      url,
      reconnect: FastAgency::Reconnect.new(first_delay: 0.05, longest_delay: 0.5),
      retries: FastAgency::Retry.new(attempts: 10)
    )
    @lock = Mutex.new
    @count = COUNTED.to_h { |name| [name, 0] }
  end

  # Hold so many conversations, a number of them at a time.
  def run(conversations, at_once)
    waiting = Queue.new
    conversations.times { waiting << true }
    waiting.close
    threads = Array.new(at_once) do
      Thread.new { converse while waiting.pop }
    end
    threads.each(&:join)
  end

  private

  # What cannot be announced yet is announced again: nothing has started.
  def converse
    conversation = @client.start("faults", { messages: MESSAGES, questions: QUESTIONS })
    hold(conversation)
  rescue FastAgency::ServerUnreachable
    sleep 0.05
    retry
  rescue FastAgency::Error => e
    warn "#{conversation&.workflow_uuid}: #{e.class}: #{e.message}"
  ensure
    conversation&.close
  end

  # Answer every question, and judge what was said.
  def hold(conversation)
    conversation.on_connection { |state| add(:reconnects) if state == :reconnecting }
    uuid = conversation.workflow_uuid
    bodies = []
    conversation.each_message do |message|
      case message
      in FastAgency::TextMessage[content: { body: }] then bodies << body
      in FastAgency::TextInput[content: { prompt: }]
        conversation.answer("#{uuid}-#{prompt.delete_prefix("q")}", message) if conversation.open?(message)
      else nil
      end
    end
    judge(bodies, expected(uuid))
    add(:finished) if conversation.outcome == FastAgency::Outcome::COMPLETED
  end

  # What a conversation must have said.
  def expected(uuid)
    Array.new(QUESTIONS) do |question|
      size = MESSAGES / QUESTIONS
      [*(question * size...(question + 1) * size).map { |number| "m#{number}" }, "a#{question}:#{uuid}-#{question}"]
    end.flatten
  end

  def judge(bodies, expected)
    return if bodies == expected

    times = bodies.tally
    expected.each do |body|
      answer = body.start_with?("a")
      case times.fetch(body, 0)
      when 0 then add(answer ? :answers_lost : :lost)
      when 2.. then add(answer ? :answers_doubled : :repeated)
      end
    end
    add(:out_of_order) if (expected & bodies) != bodies.uniq
  end

  def add(name)
    @lock.synchronize { @count[name] += 1 }
  end
end

options = { conversations: 500, "at-once": 100 }
url, = OptionParser.new do |parser|
  parser.on("--conversations N", Integer)
  parser.on("--at-once K", Integer)
end.parse(ARGV, into: options)

faults = Faults.new(url)
faults.run(options[:conversations], options[:"at-once"])
puts JSON.generate(conversations: options[:conversations], **faults.count)
wrong = faults.count.except(:finished, :reconnects).values.sum
exit(faults.count[:finished] == options[:conversations] && wrong.zero?)
