// Whether the window is as narrow as a telephone: the same width as in the style sheets.
import { useEffect, useState } from 'preact/hooks';

const query = () => matchMedia('(max-width: 30rem)');

export function useNarrow(): boolean {
  const [narrow, set] = useState(() => query().matches);
  useEffect(() => {
    const of = query();
    const look = () => set(of.matches);
    of.addEventListener('change', look);
    return () => of.removeEventListener('change', look);
  }, []);
  return narrow;
}
