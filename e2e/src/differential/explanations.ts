import type { ReaderName } from './readers.ts'

/** What others read otherwise than we do, and why we do it our way: a decision record says more. */
export interface Explanation {
  readonly decision: string
  readonly why: string
  /** Name of the request or response to the readers that differ. */
  readonly cases: Readonly<Record<string, readonly Exclude<ReaderName, 'meshwork'>[]>>
}

export const REQUEST_EXPLANATIONS: readonly Explanation[] = [
  {
    decision: '0008',
    why: 'A line ends with CR LF, in heads, chunks and trailers.',
    cases: {
      'refused: size ended by LF': ['haproxy', 'nginx'],
      'refused: extension with LF': ['haproxy', 'nginx'],
      'an end by line feeds': ['haproxy', 'nginx'],
      'a trailer ended by a line feed': ['haproxy', 'nginx', 'envoy'],
      'a line feed after the body': ['llhttp', 'haproxy', 'nginx', 'envoy'],
      'a line feed before': ['llhttp', 'haproxy', 'nginx', 'envoy'],
      'line feeds only': ['haproxy', 'nginx', 'envoy'],
      'a line feed after the request line': ['haproxy', 'nginx', 'envoy'],
      'a line feed after a field': ['haproxy', 'nginx', 'envoy'],
      'a line feed for the empty line': ['haproxy', 'nginx', 'envoy'],
    },
  },
  {
    decision: '0008',
    why: 'A length stands alone and once, and only beside no coding; the one coding is chunked.',
    cases: {
      'refused: CL.TE': ['haproxy'],
      'refused: transfer-encoding "identity, chunked"': ['llhttp'],
      'refused: encoding in HTTP/1.0': ['llhttp', 'haproxy'],
      'two equal lengths': ['haproxy'],
      'a list of equal lengths': ['haproxy'],
      'chunked behind an empty element': ['llhttp'],
      'chunked before an empty element': ['haproxy'],
      'gzip, chunked': ['llhttp'],
    },
  },
  {
    decision: '0008',
    why: 'No field is continued on the next line, nor a trailer.',
    cases: {
      'refused: folded encoding': ['haproxy', 'envoy'],
      'refused: folded header': ['haproxy', 'envoy'],
      'a fold': ['haproxy', 'envoy'],
      'a fold of blanks only': ['haproxy', 'envoy'],
      'a line of a blank': ['haproxy', 'envoy'],
      'a folded trailer': ['haproxy', 'nginx', 'envoy'],
    },
  },
  {
    decision: '0010',
    why: 'No control characters but the tab in values, none elsewhere; no line without a colon.',
    cases: {
      'refused: encoding behind a bare CR': ['envoy'],
      'refused: encoding behind a NUL': ['haproxy'],
      'refused: value with a NUL': ['haproxy'],
      'refused: line without a colon': ['nginx'],
      'a value ending in a bare CR': ['nginx', 'envoy'],
      'a value with 0x7f': ['haproxy', 'nginx'],
      'a value with 0x01': ['haproxy', 'nginx'],
      'an extension with a NUL': ['haproxy', 'nginx', 'envoy'],
      'a trailer without a colon': ['nginx'],
      'a parenthesis in a name': ['nginx'],
    },
  },
  {
    decision: '0010',
    why: 'One space on either side of the target, which has neither fragment nor octets above 0x7e.',
    cases: {
      'two spaces after the method': ['llhttp', 'haproxy', 'nginx', 'envoy'],
      'two spaces before the version': ['llhttp', 'haproxy', 'nginx', 'envoy'],
      'a tab after the method': ['haproxy', 'envoy'],
      'a space after the version': ['nginx', 'envoy'],
      'a fragment': ['llhttp', 'nginx'],
      '0x80 in the target': ['nginx'],
    },
  },
  {
    decision: '0010',
    why: 'One host, and nothing in it but a name or address and a port.',
    cases: {
      'refused: no host': ['llhttp', 'haproxy'],
      'refused: two hosts': ['llhttp', 'envoy'],
      'refused: host with a space': ['llhttp', 'haproxy'],
      'one host twice': ['llhttp', 'haproxy', 'envoy'],
      'a host with a slash': ['llhttp', 'haproxy'],
      'a host with user information': ['llhttp', 'haproxy', 'nginx', 'envoy'],
      'a host with a comma': ['llhttp', 'haproxy'],
      'a host with a port that is none': ['llhttp', 'haproxy', 'nginx', 'envoy'],
      'absolute form without a host field': ['llhttp', 'haproxy', 'envoy'],
      'absolute form of another scheme': ['llhttp', 'haproxy', 'nginx'],
    },
  },
  {
    decision: '0010',
    why: 'Methods that are in use, in capitals.',
    cases: {
      'a method in lower case': ['haproxy'],
      'a method of one letter': ['haproxy', 'nginx'],
      'a method that nobody knows': ['haproxy', 'nginx'],
    },
  },
  {
    decision: '0015',
    why: 'A chunk has the size that it says, in 16 digits at most and with nothing behind them but an extension.',
    cases: {
      'refused: data longer than its size': ['envoy'],
      'a size before a blank': ['haproxy', 'nginx', 'envoy'],
      'many zeros as the last size': ['llhttp', 'haproxy', 'nginx', 'envoy'],
    },
  },
  {
    decision: '0015',
    why: 'HTTP/1.1 and no other version, as Envoy by default.',
    cases: {
      'refused: version of HTTP/2': ['llhttp', 'haproxy'],
      'no version': ['llhttp', 'nginx'],
      'HTTP/1.0': ['llhttp', 'haproxy', 'nginx'],
      'HTTP/1.2': ['haproxy', 'nginx'],
      'HTTP/1.10': ['nginx'],
      'HTTP/3.0': ['haproxy'],
    },
  },
  {
    decision: '0015',
    why: 'Forms that RFC 9112 allows are taken though some refuse them: blanks around values, extensions of any form, an empty host.',
    cases: {
      'a length between blanks': ['nginx'],
      'chunked between blanks': ['llhttp', 'nginx'],
      'an extension without a name': ['llhttp'],
      'an extension after a blank': ['llhttp'],
      'an empty host': ['nginx'],
    },
  },
  {
    decision: '0015',
    why: 'A length in trailers is dropped, not passed on.',
    cases: {
      'a length in trailers': ['llhttp', 'haproxy'],
    },
  },
  {
    decision: '0015',
    why: 'The host of an absolute form replaces the host field, as RFC 9112 3.2.2 wants.',
    cases: {
      'absolute form of another host': ['haproxy'],
    },
  },
  {
    decision: '0015',
    why: 'What the target means is for the route and the application; it may be as long as all fields together.',
    cases: {
      'a percent sign and nothing': ['nginx'],
      '%00 in the target': ['nginx'],
      TRACE: ['nginx'],
      'a target of 9,000 bytes': ['nginx'],
    },
  },
  {
    decision: '0015',
    why: 'An expectation that we do not know is answered by 417; an upgrade that nobody enabled is a plain request.',
    cases: {
      'Expect of something else': ['nginx'],
      'HTTP2-Settings': ['llhttp'],
    },
  },
]

export const RESPONSE_EXPLANATIONS: readonly Explanation[] = [
  {
    decision: '0008',
    why: 'A length stands alone and once, and only beside no coding; the one coding is chunked, in HTTP/1.1.',
    cases: {
      'content-length "5, 5"': ['haproxy'],
      'two equal lengths': ['haproxy', 'nginx'],
      'coding and length': ['haproxy', 'nginx'],
      'length and coding': ['haproxy', 'nginx'],
      'transfer-encoding "xchunked"': ['llhttp', 'nginx'],
      'transfer-encoding "identity"': ['llhttp', 'nginx'],
      'transfer-encoding "chunked, identity"': ['llhttp', 'nginx'],
      'transfer-encoding "chunked, chunked"': ['llhttp', 'nginx'],
      'transfer-encoding ""chunked""': ['llhttp', 'nginx'],
      'transfer-encoding "\u000bchunked"': ['nginx'],
      'a coding in HTTP/1.0': ['llhttp', 'haproxy', 'nginx', 'envoy'],
    },
  },
  {
    decision: '0008',
    why: 'A line ends with CR LF.',
    cases: {
      'a size ended by LF': ['haproxy', 'nginx'],
      'data ended by LF': ['haproxy', 'nginx', 'envoy'],
      'line feeds only': ['haproxy', 'nginx', 'envoy'],
      'a line feed after a field': ['haproxy', 'nginx', 'envoy'],
    },
  },
  {
    decision: '0008',
    why: 'No field is continued on the next line.',
    cases: {
      'a fold': ['haproxy', 'envoy'],
    },
  },
  {
    decision: '0010',
    why: 'No control characters but the tab in values; no line without a colon.',
    cases: {
      'a line without a colon': ['nginx'],
      'a bare CR in a value': ['envoy'],
    },
  },
  {
    decision: '0015',
    why: 'A chunk has the size that it says, with nothing behind it but an extension.',
    cases: {
      'a size before a blank': ['haproxy', 'nginx', 'envoy'],
      'data longer than its size': ['envoy'],
    },
  },
  {
    decision: '0015',
    why: 'The status line is `HTTP/1.1` or `HTTP/1.0`, one space, three digits; nothing comes before it.',
    cases: {
      'two spaces': ['haproxy', 'nginx', 'envoy'],
      'a tab': ['haproxy', 'envoy'],
      'HTTP/1.2': ['haproxy', 'nginx', 'envoy'],
      'HTTP/2.0': ['llhttp', 'haproxy', 'nginx', 'envoy'],
      'an empty line before': ['llhttp', 'haproxy'],
    },
  },
  {
    decision: '0015',
    why: 'Bytes behind an answer, or in one that has no body, end the connection and touch nothing else.',
    cases: {
      'bytes behind it': ['llhttp'],
      '304 with a body': ['llhttp'],
      'HEAD with a body': ['llhttp'],
      'HEAD with chunks': ['llhttp'],
    },
  },
  {
    decision: '0015',
    why: 'A 204 that announces a body is no answer, as with Envoy.',
    cases: {
      '204 with a body': ['haproxy', 'nginx'],
    },
  },
  {
    decision: '0015',
    why: 'Answers before the final one are passed over, or passed on; only an upgrade that was asked for is one.',
    cases: {
      '100 before it': ['nginx'],
      '103 before it': ['nginx'],
      '101 that nobody asked for': ['llhttp', 'nginx', 'envoy'],
    },
  },
]
