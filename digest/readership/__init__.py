"""What readers do by themselves: sign up, confirm, choose, move to another address, leave."""
