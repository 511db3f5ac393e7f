import type { ListenerConfig } from '../model/listener.ts'
import { addressText } from './address.ts'

/** How statistics call a listener: by its `stat_prefix`, or by its address. */
export function listenerStatName({ statPrefix, address }: Pick<ListenerConfig, 'statPrefix' | 'address'>): string {
  return statPrefix || addressText(address).replaceAll(/[:/]/g, '_')
}
