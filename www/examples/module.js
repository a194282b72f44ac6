// The element as a module: made, loaded and driven from JavaScript, with the habits of <video>.

import { FramewirePlayer } from '../player/element.js';

/**
 * Two sends, and a reader that wakes up after a while.
 * @param {string} wait
 */
const scenario = (wait) => ({
  framewire: 1,
  title: { en: `The reader sleeps ${wait}`, zh: `读取方睡眠 ${wait}` },
  hosts: [
    {
      name: 'client',
      programs: [
        {
          steps: [
            { do: 'socket' },
            { do: 'connect', to: 'server:8000' },
            { do: 'send', data: 'hello' },
            { do: 'sleep', time: '30ms' },
            { do: 'send', data: 'world' },
            { do: 'close' },
          ],
        },
      ],
    },
    {
      name: 'server',
      programs: [
        {
          steps: [
            { do: 'socket' },
            { do: 'bind', port: 8000 },
            { do: 'listen' },
            { do: 'accept' },
            { do: 'sleep', time: wait },
            { do: 'loop', body: [{ do: 'recv', n: 1024 }, { do: 'break', when: 'eof' }] },
            { do: 'close' },
          ],
        },
      ],
    },
  ],
  network: { latency: '10ms' },
});

const player = new FramewirePlayer();
player.setAttribute('height', '480');
document.querySelector('#place')?.append(player);
void player.load(scenario('10ms'));

document.querySelector('#play')?.addEventListener('click', () => player.toggle());
document.querySelector('#late')?.addEventListener('click', () => player.load(scenario('200ms')));
const time = document.querySelector('#time');
player.addEventListener('timeupdate', () => {
  if (time) time.textContent = `${player.currentTime.toFixed(3)} of ${player.duration.toFixed(3)} s`;
});
