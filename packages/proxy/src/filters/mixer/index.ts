export { mixerFilterCodec } from './codec.ts'
export { decodeMixerFilterConfig, decodeMixerServiceConfig, type MixerFilterConfig, type MixerServiceConfig } from './config.ts'
export { MIXER_FILTER, mixerBlueprint } from './filter.ts'
