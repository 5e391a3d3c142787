package fastagency

// Version is the version of this package. ([ProtocolVersion] is that of the protocol.)
const Version = "0.2.0"

const userAgent = "fastagency-sdk-go/" + Version
