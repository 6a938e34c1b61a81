/** The whole page: every panel's state, and where each panel stands. */

import type { Clock } from 'busbar'
import { createBelt } from './belt/state.js'
import { BeltView } from './belt/view.js'
import { createBoard } from './board/state.js'
import { BoardView } from './board/view.js'
import { createConnection } from './connection/state.js'
import type { createTheme } from './connection/theme.js'
import { Banner, Header } from './connection/view.js'
import { createFeed } from './feed/state.js'
import { FeedView } from './feed/view.js'
import { createGates } from './gates/state.js'
import { GatesView } from './gates/view.js'
import { createHotline } from './hotline/state.js'
import { HotlineView } from './hotline/view.js'
import { createLost } from './lost/state.js'
import { LostView } from './lost/view.js'
import { createNotices } from './notices/state.js'
import { NoticesView } from './notices/view.js'
import type { Listens } from './panel.js'
import { createRadar } from './radar/state.js'
import { RadarView } from './radar/view.js'
import { createTour } from './tour/state.js'
import { TourView } from './tour/view.js'
import { createWorkers } from './workers/state.js'
import { WorkersView } from './workers/view.js'

/** What the page knows; nothing in it touches the document. */
export function createPage(clock: Clock) {
  const notices = createNotices(clock)
  const workers = createWorkers(notices, clock)
  const connection = createConnection(notices, clock)
  const panels = {
    radar: createRadar(notices, clock, connection.heard),
    gates: createGates(),
    board: createBoard(),
    belt: createBelt(notices, clock, workers),
    lost: createLost(notices, clock),
    workers,
    hotline: createHotline(),
    feed: createFeed(notices, clock),
  }
  const listening: readonly Listens[] = Object.values(panels)
  const tour = createTour(panels.belt, panels.lost, panels.radar, workers, connection)
  return { ...panels, listening, tour, notices, connection }
}

export type PageState = ReturnType<typeof createPage>

export function Page({
  page,
  choice,
}: {
  readonly page: PageState
  readonly choice: ReturnType<typeof createTheme>
}) {
  return (
    <>
      <Header connection={page.connection} choice={choice} wire={page.workers.wire} />
      <Banner connection={page.connection} />
      <main>
        <div class="column">
          <RadarView radar={page.radar} connection={page.connection} />
          <GatesView gates={page.gates} />
          <TourView tour={page.tour} />
        </div>
        <div class="column wide">
          <BoardView board={page.board} />
          <BeltView belt={page.belt} workers={page.workers} connection={page.connection} />
          <LostView lost={page.lost} />
        </div>
        <div class="column">
          <WorkersView workers={page.workers} connection={page.connection} />
          <HotlineView hotline={page.hotline} />
          <FeedView feed={page.feed} />
        </div>
      </main>
      <NoticesView notices={page.notices} />
    </>
  )
}
