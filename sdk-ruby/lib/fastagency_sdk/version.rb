# frozen_string_literal: true

module FastAgency
  # The version of this gem. (That of the protocol is {PROTOCOL_VERSION}.)
  VERSION = "0.2.0"
end
