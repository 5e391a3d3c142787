# frozen_string_literal: true

require_relative "lib/fastagency_sdk/version"

Gem::Specification.new do |spec|
  spec.name = "fastagency-sdk"
  spec.version = FastAgency::VERSION
  spec.summary = "Typed client for FastAgency's protocol: discover workflows, hold conversations with them"
  spec.description = "Discover the workflows of a server that speaks FastAgency's protocol, start one, and hold the " \
                     "conversation over a WebSocket, across lost connections: immutable messages for pattern " \
                     "matching, RBS signatures."
  spec.authors = ["The FastAgency protocol project"]
  spec.homepage = "https://github.com/fastagency-protocol/sdk-ruby"
  spec.license = "Apache-2.0"
  spec.required_ruby_version = ">= 3.1"
  spec.metadata = {
    "source_code_uri" => spec.homepage,
    "rubygems_mfa_required" => "true"
  }

  spec.files = Dir.chdir(__dir__) { Dir["lib/**/*.rb", "sig/**/*.{rbs,yaml}", "README.md", "LICENSE"].sort }
  spec.require_paths = ["lib"]
  spec.add_dependency "websocket-driver", ">= 0.6.3", "< 0.9"
end
