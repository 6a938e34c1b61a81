#!/usr/bin/env node
// Starts a hub from the command line; see src/launch.ts for flags.
import '../dist/main.js'
