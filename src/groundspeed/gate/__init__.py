"""Measuring in order to decide: has anything become slower, between two ends of a change?"""
