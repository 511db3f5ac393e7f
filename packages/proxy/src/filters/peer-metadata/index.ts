export { peerMetadataCodec } from './config.ts'
export { type Peer, peerOf } from './peer.ts'
