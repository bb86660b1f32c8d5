/** The most members that an array holds. Longer ones would be slow to search. */
const FEW = 16;

/**
 * A Set for places where most sets have one or two members: a Set with one takes 256 bytes, this takes 80. A loop may still
 * come to a member that was removed meanwhile.
 */
export class SmallSet<T> {
  private members: readonly T[] | Set<T>;

  constructor(...members: T[]) {
    this.members = members;
  }

  get size(): number {
    return this.members instanceof Set ? this.members.size : this.members.length;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.members[Symbol.iterator]();
  }

  add(member: T): void {
    const { members } = this;
    if (members instanceof Set) members.add(member);
    else if (members.length === FEW) this.members = new Set(members).add(member);
    else if (!members.includes(member)) this.members = [...members, member];
  }

  /** Returns whether it was a member. */
  delete(member: T): boolean {
    const { members } = this;
    if (members instanceof Set) return members.delete(member);
    this.members = members.filter((other) => other !== member);
    return this.members.length < members.length;
  }
}
