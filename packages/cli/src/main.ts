import { prepareThread } from '@holdfast/uploader/threads';

import { worksWithThreads } from './works-with-threads.ts';

// A thread takes as long to get ready as the program takes to load.
if (worksWithThreads(process.argv.slice(2))) prepareThread();
await import('./start.ts');
