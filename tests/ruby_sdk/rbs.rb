# frozen_string_literal: true

# The command `rbs`, which Debian's package of the gem does not install.
require "rbs"
require "rbs/cli"

RBS::CLI.new(stdout: $stdout, stderr: $stderr).run(ARGV.dup)
