import type { Any } from '@meshwork/protos/google/protobuf/any'
import type { MixerSettings } from '../filters/inputs.ts'
import { buildMixerRoute, MIXER_FILTER } from '../filters/mixer.ts'
import type { DestinationFacts } from './inputs.ts'

/** What Mixer's filter is told where a request is sent to one service: that service. Nothing without Mixer, or for unknown hosts. */
export function mixerSettings(mixer: MixerSettings | null, facts: DestinationFacts | undefined): Record<string, Any> {
  return mixer === null || facts === undefined ? {} : { [MIXER_FILTER]: buildMixerRoute(mixer, 'outbound', facts) }
}
