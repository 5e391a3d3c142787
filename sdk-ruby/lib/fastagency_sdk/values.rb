# frozen_string_literal: true

# What the generated classes are declared with.
require_relative "strict_json"
require_relative "types"
require_relative "absent"
require_relative "attribute"
require_relative "value"
