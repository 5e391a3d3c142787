# frozen_string_literal: true

# A client for FastAgency's protocol: see {FastAgency::Client}.
module FastAgency; end

require_relative "fastagency_sdk/version"
require_relative "fastagency_sdk/errors"
require_relative "fastagency_sdk/values"
require_relative "fastagency_sdk/operation"
require_relative "fastagency_sdk/_generated/messages"
require_relative "fastagency_sdk/_generated/operations"
require_relative "fastagency_sdk/_generated/tables"
require_relative "fastagency_sdk/codec"
require_relative "fastagency_sdk/text_assembler"
require_relative "fastagency_sdk/client"
