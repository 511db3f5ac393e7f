export { mixerFilterCodec } from './codec.ts'
