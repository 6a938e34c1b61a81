/** The feed as a list: time, verdict, topic, and what was said. */

import { Panel } from '../panel.js'
import type { Feed } from './state.js'

const secondsOf = (time: number): string => new Date(time).toTimeString().slice(0, 8)
const shortOf = (topic: string): string => topic.replace(/^airport\./, '')

export function FeedView({ feed }: { readonly feed: Feed }) {
  const paused = feed.paused.value
  return (
    <Panel
      name="feed"
      title="Messages"
      icon="feed"
      words="as they come"
      aside={
        <button type="button" aria-pressed={paused} onClick={feed.toggle}>
          {paused ? 'Go on' : 'Pause'}
          <span class="unseen"> the messages</span>
        </button>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable by keyboard. */}
      <ol tabIndex={0} aria-label="Latest messages, newest first">
        {feed.entries.value.map(({ id, time, topic, good, what }) => (
          <li key={`${id}${topic}`} class={good ? '' : 'bad'}>
            <time>{secondsOf(time)}</time>
            <i aria-hidden="true">{good ? '✔' : '✖'}</i>
            <b>{shortOf(topic)}</b> <span>{what}</span>
          </li>
        ))}
      </ol>
    </Panel>
  )
}
