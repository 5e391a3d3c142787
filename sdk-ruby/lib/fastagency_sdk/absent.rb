# frozen_string_literal: true

# The one value that is no value.
module FastAgency
  # What is said of an attribute that is not there, which is not the same as nil (null on the wire). Pass it to leave an
  # optional attribute out; reading one that is absent gives nil, and {Value#absent?} tells.
  ABSENT = Object.new
  def ABSENT.inspect
    "FastAgency::ABSENT"
  end
  ABSENT.freeze
end
