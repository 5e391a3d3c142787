# frozen_string_literal: true

SDK = File.expand_path("../../../sdk-ruby", __dir__)
$LOAD_PATH.unshift "#{SDK}/lib"

require "minitest/autorun"
require "fastagency_sdk"

# Frames of the protocol, as text.
module Wire
  UUID = "6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b"

  module_function

  def message(type, content = {}, **more)
    JSON.generate({ workflow_uuid: UUID, uuid: "m", type: type, content: content, **more })
  end

  def text_message(body)
    message("text_message", { body: body })
  end

  def text_input(**content)
    message("text_input", { prompt: "?", **content })
  end

  def choice(**content)
    message("multiple_choice", { prompt: "?", choices: %w[a b,c d], **content })
  end

  def completed(result = "done")
    message("workflow_completed", { result: result })
  end
end
